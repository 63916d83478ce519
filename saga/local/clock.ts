import { type Clock, realClock, virtualClock } from "../interpreter";
import { Interrupted } from "../interpreter/errors";

/**
 * How time passes. `"real"`: as usual. `"virtual"`: it jumps over waits. A number: that many times as fast during
 * waits.
 */
export type Time = "real" | "virtual" | number;

/** The clock of a cloud. All its timestamps come from this clock. */
export interface CloudClock extends Clock {
  /**
   * Until the returned function is called, time passes at its real pace, and virtual time does not pass. For work that
   * takes real time.
   */
  hold(): () => void;
}

/**
 * Virtual and fast time begin at the present time.
 * @param latest The latest time in the journal. It may be in the future; then the clock continues from there.
 */
export function cloudClock(time: Time = "real", latest = 0): CloudClock {
  const start = Math.max(Date.now(), latest);
  if (time === "virtual") return virtualClock(start);
  return typeof time === "number" && time !== 1 ? fastClock(time, start) : { ...realClock, hold: () => () => {} };
}

interface Timer {
  readonly at: number;
  fire(): void;
}

/** A clock that is `speed` times as fast, except while it is held. */
function fastClock(speed: number, start: number): CloudClock {
  let holds = 0;
  // The real time of the last change of pace, and the clock's time then, both in milliseconds.
  let since = Date.now();
  let then = start;
  let alarm: NodeJS.Timeout | undefined;
  const timers = new Set<Timer>();
  const pace = (): number => (holds > 0 ? 1 : speed);
  const now = (): number => Math.floor(then + (Date.now() - since) * pace());

  function arm(): void {
    clearTimeout(alarm);
    if (timers.size === 0) return;
    const next = Math.min(...[...timers].map(({ at }) => at));
    // For a delay above this limit, setTimeout would fire at once.
    alarm = setTimeout(ring, Math.min(Math.max((next - now()) / pace(), 0), 2 ** 31 - 1));
  }

  function ring(): void {
    const due = [...timers].filter(({ at }) => at <= now()).sort((one, other) => one.at - other.at);
    for (const timer of due) {
      timers.delete(timer);
      timer.fire();
    }
    arm();
  }

  function change(by: number): void {
    [then, since] = [then + (Date.now() - since) * pace(), Date.now()];
    holds += by;
    arm();
  }

  return {
    now,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        const timer: Timer = {
          at: now() + Math.max(ms, 0),
          fire() {
            signal?.removeEventListener("abort", cancel);
            resolve();
          },
        };
        const cancel = (): void => {
          timers.delete(timer);
          arm();
          reject(new Interrupted());
        };
        if (signal?.aborted) {
          cancel();
          return;
        }
        timers.add(timer);
        signal?.addEventListener("abort", cancel, { once: true });
        arm();
      });
    },
    hold() {
      change(1);
      let held = true;
      return () => {
        if (held) change(-1);
        held = false;
      };
    },
  };
}
