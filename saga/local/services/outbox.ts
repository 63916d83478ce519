import type { Json } from "../../interpreter";

/** What a saga sent to a service that is not on this machine. */
export interface Message {
  /** The state that sent it, or the function. */
  readonly from: string;
  /** `sns:Publish` */
  readonly action: string;
  readonly request: Json;
}

/** A message that is kept elsewhere as well, until it is forgotten. */
export interface KeptMessage {
  readonly message: Message;
  readonly forget: () => void;
}

export interface OutboxOptions {
  /** How many messages there are at most, the latest ones. All of them unless it is said. */
  readonly most?: number | undefined;
  /** Those of an earlier process. */
  readonly kept?: readonly KeptMessage[];
  /** Keeps a message elsewhere. What it gives forgets it. */
  readonly onAdd?: (message: Message) => () => void;
}

/** What was sent, in order. */
export class Outbox {
  readonly messages: Message[] = [];
  private readonly most: number;
  private readonly onAdd: (message: Message) => () => void;
  /** Of each message. */
  private readonly forgets: (() => void)[] = [];

  constructor({ most = Infinity, kept = [], onAdd = () => () => {} }: OutboxOptions = {}) {
    this.most = most;
    this.onAdd = onAdd;
    for (const each of kept) this.keep(each);
  }

  add(message: Message): void {
    this.keep({ message, forget: this.onAdd(message) });
  }

  private keep({ message, forget }: KeptMessage): void {
    this.messages.push(message);
    this.forgets.push(forget);
    while (this.messages.length > this.most) {
      this.messages.shift();
      this.forgets.shift()?.();
    }
  }
}
