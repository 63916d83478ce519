import type { Clock } from "./clock";

interface Sleeper {
  pause(): void;
  goOn(): void;
}

// The reason of an abort. Without one, `abort` makes an error with a stack, which costs time.
const HELD = "held";

/** Time that can be suspended. The time that passes meanwhile does not count for its sleepers. */
export class HeldTime {
  private readonly sleepers = new Set<Sleeper>();
  private holds = 0;
  private over = false;

  constructor(private readonly clock: Clock) {}

  /** Suspends it until the returned function is called. */
  readonly hold = (): (() => void) => {
    if (++this.holds === 1) for (const sleeper of this.sleepers) sleeper.pause();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      if (--this.holds === 0) for (const sleeper of this.sleepers) sleeper.goOn();
    };
  };

  /** Never settles if `end` is called first. */
  sleep(ms: number): Promise<void> {
    const { clock, sleepers } = this;
    return new Promise((resolve) => {
      if (this.over) return;
      let left = ms;
      let since = 0;
      let timer: AbortController | undefined;
      const sleeper: Sleeper = {
        pause() {
          left -= clock.now() - since;
          timer?.abort(HELD);
        },
        goOn() {
          since = clock.now();
          timer = new AbortController();
          clock.sleep(left, timer.signal).then(
            () => {
              if (sleepers.delete(sleeper)) resolve();
            },
            () => {},
          );
        },
      };
      sleepers.add(sleeper);
      if (this.holds === 0) sleeper.goOn();
    });
  }

  /** Whether `end` has been called. */
  get ended(): boolean {
    return this.over;
  }

  end(): void {
    this.over = true;
    if (this.holds === 0) for (const sleeper of this.sleepers) sleeper.pause();
    this.sleepers.clear();
  }
}
