import type { Json } from "../../interpreter";

/** What a saga sent to a service that is not on this machine. */
export interface Message {
  /** The state that sent it, or the function. */
  readonly from: string;
  /** `sns:Publish` */
  readonly action: string;
  readonly request: Json;
}

export interface OutboxOptions {
  /** How many messages there are at most, the latest ones. All of them unless it is said. */
  readonly most?: number | undefined;
  /** Those of an earlier process. */
  readonly messages?: readonly Message[];
  /** Is told of each. What it gives is called once the message is let go. */
  readonly onAdd?: (message: Message) => () => void;
}

/** What was sent, in order. */
export class Outbox {
  readonly messages: Message[];
  private readonly most: number;
  private readonly onAdd: (message: Message) => () => void;
  private readonly goers: (() => void)[];

  constructor({ most = Infinity, messages = [], onAdd = () => () => {} }: OutboxOptions = {}) {
    this.messages = [...messages];
    this.most = most;
    this.onAdd = onAdd;
    this.goers = [];
  }

  add(message: Message): void {
    this.messages.push(message);
    this.goers.push(this.onAdd(message));
    while (this.messages.length > this.most) {
      this.messages.shift();
      this.goers.shift()?.();
    }
  }
}
