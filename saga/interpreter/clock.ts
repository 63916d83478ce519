import { Interrupted } from "./errors";

/** The source of an execution's time. `sleep` rejects with `Interrupted` when the signal is aborted. */
export interface Clock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

// setTimeout fires at once for a longer delay.
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The system clock. */
export const realClock: Clock = {
  now: () => Date.now(),
  sleep(ms, signal) {
    const end = Date.now() + ms;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(new Interrupted());
        return;
      }
      let timer: NodeJS.Timeout;
      const cancel = () => {
        clearTimeout(timer);
        reject(new Interrupted());
      };
      const arm = () => {
        const left = end - Date.now();
        timer = setTimeout(
          () => {
            if (Date.now() < end && left > LONGEST_TIMEOUT_MS) {
              arm();
              return;
            }
            signal?.removeEventListener("abort", cancel);
            resolve();
          },
          Math.min(Math.max(left, 0), LONGEST_TIMEOUT_MS),
        );
      };
      arm();
      signal?.addEventListener("abort", cancel, { once: true });
    });
  },
};

export interface VirtualClock extends Clock {
  /**
   * Stops virtual time until the returned function is called. For work that takes real time, such as a task that does
   * real I/O.
   */
  hold(): () => void;
}

interface Timer {
  at: number;
  order: number;
  fire(): void;
}

/**
 * Virtual time: once all microtasks have run, it jumps to the earliest timer. Timers of the same instant fire in the
 * order in which they were set. The consequences of one timer run before the next one fires.
 */
export function virtualClock(start = Date.UTC(2025, 0, 1)): VirtualClock {
  let now = start;
  let order = 0;
  let holds = 0;
  let scheduled = false;
  const timers = new Set<Timer>();

  function schedule(): void {
    if (scheduled || holds > 0 || timers.size === 0) return;
    scheduled = true;
    // A macrotask: by then every promise that could settle has settled.
    setImmediate(advance);
  }

  function advance(): void {
    scheduled = false;
    if (holds > 0) return;
    let next: Timer | undefined;
    for (const timer of timers) {
      if (!next || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    if (!next) return;
    timers.delete(next);
    now = Math.max(now, next.at);
    next.fire();
    schedule();
  }

  return {
    now: () => now,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(new Interrupted());
          return;
        }
        const cancel = () => {
          timers.delete(timer);
          reject(new Interrupted());
        };
        const timer: Timer = {
          at: now + Math.max(ms, 0),
          order: order++,
          fire() {
            signal?.removeEventListener("abort", cancel);
            resolve();
          },
        };
        timers.add(timer);
        signal?.addEventListener("abort", cancel, { once: true });
        schedule();
      });
    },
    hold() {
      holds++;
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holds--;
        schedule();
      };
    },
  };
}
