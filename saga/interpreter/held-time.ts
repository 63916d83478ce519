import type { Clock } from "./clock";

interface Sleeper {
  pause(): void;
  goOn(): void;
}

// Without a reason of its own, a signal makes an error with a stack.
const HELD = "held";

/** Time that may be held: what passes meanwhile counts for nobody who sleeps by it. */
export class HeldTime {
  private readonly sleepers = new Set<Sleeper>();
  private holds = 0;

  constructor(private readonly clock: Clock) {}

  /** Holds it until the returned function is called. */
  readonly hold = (): (() => void) => {
    if (++this.holds === 1) for (const sleeper of this.sleepers) sleeper.pause();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      if (--this.holds === 0) for (const sleeper of this.sleepers) sleeper.goOn();
    };
  };

  /** Never settles once the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    const { clock, sleepers } = this;
    return new Promise((resolve) => {
      if (signal.aborted) return;
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
              leave();
              resolve();
            },
            () => {},
          );
        },
      };
      const cancel = (): void => {
        leave();
        timer?.abort(HELD);
      };
      const leave = (): void => {
        sleepers.delete(sleeper);
        signal.removeEventListener("abort", cancel);
      };
      sleepers.add(sleeper);
      signal.addEventListener("abort", cancel, { once: true });
      if (this.holds === 0) sleeper.goOn();
    });
  }
}
