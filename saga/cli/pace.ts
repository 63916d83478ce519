import { duration } from "./duration";

/** How far long work is. */
export interface Done {
  readonly done: number;
  readonly total: number;
  /** Whether the total is exact. Otherwise it is a maximum. */
  readonly exact: boolean;
}

/** The first pieces tell nothing: they start what the later ones reuse. */
const TELLING = 10;
/** At these numbers of pieces a log gets a line: the first estimate is rough, and the second one is better. */
const LINES_AT: readonly number[] = [TELLING, 10 * TELLING];
/** The lines for tenths are left out if they come closer together than this. */
const CLOSE_MS = 5_000;
const LONG_MS = 60_000;

/** Says how long the rest of long work takes, judged by the time that the later half of what is done took. */
export class Pace {
  /** The beginning, and when each piece was done. */
  readonly #times: number[];
  #tenth = 0;
  #said: number;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.#said = now();
    this.#times = [this.#said];
  }

  /** Call it after each piece. @returns such as ` of 5,000, about 4 min left` */
  rest({ done, total, exact }: Done): string {
    this.#times.push(this.now());
    const all = ` of ${exact ? "" : "at most "}${total.toLocaleString("en")}`;
    if (this.pieces < TELLING) return all;
    const half = Math.floor(this.pieces / 2);
    const each = ((this.#times[this.pieces] as number) - (this.#times[half] as number)) / (this.pieces - half);
    return `${all}, about ${duration(Math.ceil(((total - done) * each) / 1000))} left`;
  }

  /** Whether a log gets a line now: after the first pieces, at each tenth of all, and each minute. */
  isDue({ done, total }: Done): boolean {
    const tenth = Math.floor((10 * done) / total);
    const since = this.now() - this.#said;
    const due = LINES_AT.includes(this.pieces) || since >= LONG_MS || (tenth > this.#tenth && since >= CLOSE_MS);
    if (done >= total || !due) return false;
    this.#tenth = tenth;
    this.#said = this.now();
    return true;
  }

  private get pieces(): number {
    return this.#times.length - 1;
  }
}
