import type { DeadLetter } from "./asynchronous-calls";
import type { Journal, KeptLetter } from "./data/journal";

/** The events that asynchronous calls failed to process, until a client deletes them from their queue. */
export class DeadLetters {
  readonly letters: DeadLetter[] = [];
  /** Removes a letter from the journal. */
  private readonly forgets = new WeakMap<DeadLetter, () => void>();

  /** @param kept The letters of an earlier process. */
  constructor(
    private readonly journal: Pick<Journal, "deadLetter"> | undefined,
    kept: readonly KeptLetter[] = [],
  ) {
    for (const { letter, forget } of kept) {
      this.letters.push(letter);
      this.forgets.set(letter, forget);
    }
  }

  add(letter: DeadLetter): void {
    this.letters.push(letter);
    const forget = this.journal?.deadLetter(letter);
    if (forget) this.forgets.set(letter, forget);
  }

  remove(letter: DeadLetter): void {
    this.letters.splice(this.letters.indexOf(letter), 1);
    this.forgets.get(letter)?.();
  }
}
