import { type Clock, realClock, virtualClock } from "../interpreter";
import { Interrupted } from "../interpreter/errors";

/** How time passes: as it does; by leaps, over what only waits; or so many times as fast while something only waits. */
export type Time = "real" | "virtual" | number;

/** The one clock of a cloud, of which all its timestamps are. */
export interface CloudClock extends Clock {
  /** Has time pass no faster than it does until the returned function is called: for work that takes real time. */
  hold(): () => void;
}

/**
 * Virtual time, and fast time, begin now.
 * @param latest The latest time that has been: it may be ahead of now, and time goes on from there.
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

/** Time that passes so many times as fast, but while it is held. */
function fastClock(speed: number, start: number): CloudClock {
  let holds = 0;
  // Since when it has passed at its present pace, in real milliseconds, and what it said then.
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
    // setTimeout fires at once for a longer delay.
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
