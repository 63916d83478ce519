import { getHeapStatistics } from "node:v8";
import { SearchLimitError } from "./context";

/** What a search may take before it gives up. */
export interface Bounds {
  /** States of the search. */
  readonly limit: number;
  readonly seconds: number;
}

/** Of the heap that Node may have, what a search leaves free. */
const SHARE = 0.85;
/** How many states it goes on before it looks at the clock and at the heap. */
const EVERY = 64;

/** What a search has taken so far. */
export class Budget {
  states = 0;
  private readonly started = performance.now();
  private readonly mostBytes = getHeapStatistics().heap_size_limit * SHARE;

  constructor(
    private readonly bounds: Bounds,
    private readonly onProgress: ((states: number) => void) | undefined,
  ) {}

  /** @throws SearchLimitError */
  spend(): void {
    const { limit, seconds } = this.bounds;
    if (++this.states % 10_000 === 0) this.onProgress?.(this.states);
    if (this.states > limit) throw new SearchLimitError(`gave up after ${limit.toLocaleString("en")} states`);
    if (this.states % EVERY !== 0) return;
    const what = `after ${this.states.toLocaleString("en")} states`;
    if (performance.now() - this.started > seconds * 1000) {
      throw new SearchLimitError(`gave up ${what}, when its ${seconds.toLocaleString("en")} seconds were over`);
    }
    const { used_heap_size: used } = getHeapStatistics();
    if (used > this.mostBytes) {
      const megabytes = Math.round(used / 2 ** 20).toLocaleString("en");
      throw new SearchLimitError(`gave up ${what}, before its ${megabytes} MB of memory outgrew what Node may have`);
    }
  }
}
