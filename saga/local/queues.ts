import { createHash, randomUUID } from "node:crypto";
import type { DeadLetter } from "./asynchronous-calls";

/** A message that a queue delivers until a client deletes it. */
export interface QueueMessage {
  readonly id: string;
  readonly body: string;
  readonly bodyDigest: string;
  readonly receiptHandle: string;
}

interface Entry {
  readonly letter: DeadLetter;
  readonly id: string;
  /** The receipt handle. Undefined before the first delivery. */
  handle?: string;
  /** No client receives it before this time. Milliseconds since the epoch. */
  hiddenUntil: number;
}

/** The queues of dead letters, over the letters of a cloud. */
export class Queues {
  private readonly entries = new Map<DeadLetter, Entry>();

  /**
   * @param arns The ARNs of the queues that the program registers.
   * @param remove Deletes a letter for good.
   */
  constructor(
    readonly arns: () => readonly string[],
    private readonly letters: () => readonly DeadLetter[],
    private readonly remove: (letter: DeadLetter) => void,
  ) {}

  count(queueArn: string): number {
    return this.of(queueArn).length;
  }

  /** Receives visible messages, at most `most`, and hides them for `hideMs` milliseconds. */
  receive(
    queueArn: string,
    { most, hideMs }: { readonly most: number; readonly hideMs: number },
  ): readonly QueueMessage[] {
    const now = Date.now();
    const free = this.of(queueArn).filter(({ hiddenUntil }) => hiddenUntil <= now);
    return free.slice(0, most).map((entry) => {
      const receiptHandle = randomUUID();
      entry.handle = receiptHandle;
      entry.hiddenUntil = now + hideMs;
      const body = JSON.stringify(destinationRecord(entry.letter, entry.id));
      const bodyDigest = createHash("md5").update(body).digest("hex");
      return { id: entry.id, body, bodyDigest, receiptHandle };
    });
  }

  /** Deletes the message that was received with this handle. Does nothing if there is none. */
  delete(queueArn: string, receiptHandle: string): void {
    const entry = this.of(queueArn).find(({ handle }) => handle === receiptHandle);
    if (!entry) return;
    this.entries.delete(entry.letter);
    this.remove(entry.letter);
  }

  private of(queueArn: string): readonly Entry[] {
    return this.letters()
      .filter((letter) => letter.queueArn === queueArn)
      .map((letter) => {
        const entry = this.entries.get(letter) ?? { letter, id: randomUUID(), hiddenUntil: 0 };
        this.entries.set(letter, entry);
        return entry;
      });
  }
}

/**
 * The record that Lambda sends to a failure destination.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
function destinationRecord({ event, reason }: DeadLetter, requestId: string): object {
  return {
    version: "1.0",
    requestContext: { requestId, condition: "RetriesExhausted" },
    requestPayload: event,
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    responsePayload: { errorType: reason.name, errorMessage: reason.message },
  };
}
