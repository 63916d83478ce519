import type { DeadLetter } from "./asynchronous-calls";
import type { Journal } from "./data/journal";

/** What functions failed on that nobody awaited, until somebody takes it out of its queue. */
export class DeadLetters {
  readonly letters: DeadLetter[];
  /** How each of them is taken out of the journal. */
  private readonly forgets = new WeakMap<DeadLetter, () => void>();

  /** @param kept Those of an earlier process. */
  constructor(
    private readonly journal: Pick<Journal, "deadLetter"> | undefined,
    kept: readonly DeadLetter[] = [],
  ) {
    this.letters = [...kept];
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
