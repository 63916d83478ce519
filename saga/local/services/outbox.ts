import type { Json } from "../../interpreter";

/** What a saga sent to a service that is not on this machine. */
export interface Message {
  /** The state that sent it, or the function. */
  readonly from: string;
  /** `sns:Publish` */
  readonly action: string;
  readonly request: Json;
}

/** All that was sent, in order. */
export class Outbox {
  readonly messages: Message[] = [];

  add(message: Message): void {
    this.messages.push(message);
  }
}
