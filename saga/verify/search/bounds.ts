import { getHeapStatistics } from "node:v8";
import { SearchLimitError } from "./context";

/** The limits of a search. */
export interface Bounds {
  /** The number of states that the search has visited. */
  readonly limit: number;
  readonly seconds: number;
}

/**
 * The part of the heap's limit that V8 reserves for new objects. Old objects can't use it. V8 does not report its size: 48 MB
 * in Node 20 and 22, and 192 MB in Node 24.
 */
const FOR_NEW_OBJECTS = (Number.parseInt(process.versions.node) > 22 ? 192 : 48) * 2 ** 20;
/** The memory that a search keeps free beside that, for one more state. */
const LEAST_FREE = 16 * 2 ** 20;
const SHARE_FREE = 0.15;

/** The states, the time and the memory that a search has used. */
export class Budget {
  states = 0;
  private readonly started = performance.now();
  private readonly mostBytes: number;

  constructor(
    private readonly bounds: Bounds,
    private readonly onProgress: ((states: number) => void) | undefined,
  ) {
    const { heap_size_limit: limit } = getHeapStatistics();
    this.mostBytes = limit - Math.max(FOR_NEW_OBJECTS + LEAST_FREE, limit * SHARE_FREE);
  }

  /**
   * Counts one more state.
   * @throws SearchLimitError
   */
  spend(): void {
    const { limit } = this.bounds;
    if (++this.states % 10_000 === 0) this.onProgress?.(this.states);
    if (this.states > limit) throw new SearchLimitError(`gave up after ${limit.toLocaleString("en")} states`);
    this.check();
  }

  /**
   * Checks time and memory. A single state may have very many successors.
   * @throws SearchLimitError
   */
  check(): void {
    const { seconds } = this.bounds;
    const what = (): string => `after ${this.states.toLocaleString("en")} states`;
    if (performance.now() - this.started > seconds * 1000) {
      throw new SearchLimitError(`gave up ${what()}, when its ${seconds.toLocaleString("en")} seconds were over`);
    }
    const { used_heap_size: used } = getHeapStatistics();
    if (used > this.mostBytes) {
      const megabytes = Math.round(used / 2 ** 20).toLocaleString("en");
      throw new SearchLimitError(`gave up ${what()}, before its ${megabytes} MB of memory outgrew what Node may have`);
    }
  }
}
