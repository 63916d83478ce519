import type { Json } from "../../interpreter";

/** A message of a saga to a service that is not on this machine. */
export interface Message {
  /** The state or the task that sent it, or `a client`. */
  readonly from: string;
  /** The action: `sns:Publish`. */
  readonly action: string;
  readonly request: Json;
}

/** A message with a copy elsewhere, and a function that deletes the copy. */
export interface KeptMessage {
  readonly message: Message;
  readonly forget: () => void;
}

export interface OutboxOptions {
  /** The number of messages to keep: the latest ones. By default all are kept. */
  readonly most?: number | undefined;
  /** The messages of an earlier process. */
  readonly kept?: readonly KeptMessage[];
  /** Stores a copy of a message. The returned function deletes the copy. */
  readonly onAdd?: (message: Message) => () => void;
}

/** The sent messages, in order. */
export class Outbox {
  readonly messages: Message[] = [];
  private readonly most: number;
  private readonly onAdd: (message: Message) => () => void;
  /** One for each message, in the same order. */
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
