import { duration } from "./duration";

/** How far long work is. */
export interface Done {
  readonly done: number;
  readonly total: number;
  /** Whether the total is exact. Otherwise it is a maximum. */
  readonly exact: boolean;
}

/** Lines closer together than this are left out, but for the first ones. */
const CLOSE_MS = 5_000;
const LONG_MS = 60_000;

/** Says how long the rest of long work takes, judged by the time that its later half took so far. */
export class Pace {
  /** The beginning, and when each piece was done. */
  readonly #times: number[];
  #tenth = 0;
  #said = -Infinity;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.#times = [now()];
  }

  /** Call it after each piece. @returns such as ` of 5,000, about 4 min left` */
  rest({ done, total, exact }: Done): string {
    this.#times.push(this.now());
    const pieces = this.#times.length - 1;
    const half = Math.floor(pieces / 2);
    const each = ((this.#times[pieces] as number) - (this.#times[half] as number)) / (pieces - half);
    const left = duration(Math.ceil(((total - done) * each) / 1000));
    const about = exact ? `about ${left} left` : `at most about ${left} left`;
    return ` of ${exact ? "" : "at most "}${total.toLocaleString("en")}, ${about}`;
  }

  /** Whether a log gets a line now: for the first and the tenth piece, for each tenth of all, and each minute. */
  isDue({ done, total }: Done): boolean {
    const pieces = this.#times.length - 1;
    const tenth = Math.floor((10 * done) / total);
    const since = this.now() - this.#said;
    const due = pieces === 1 || pieces === 10 || since >= LONG_MS || (tenth > this.#tenth && since >= CLOSE_MS);
    if (done >= total || !due) return false;
    this.#tenth = tenth;
    this.#said = this.now();
    return true;
  }
}
