import { effect, signal } from "@preact/signals";
import { listen } from "../api";
import { begin, faults, readFaults, readSagas, sagas } from "./console";
import { events, noteHistory, reading, subject } from "./execution";
import { noteChanged } from "./executions";

/** Whether the server tells what happens as it happens. */
export const connected = signal(false);

/** Listens for as long as the page is open: to the execution that is shown as well, once its history has been read. */
export function followServer(): void {
  let listened: string | undefined;
  let end = (): void => undefined;
  const follow = (arn: string | undefined): void => {
    end();
    listened = arn;
    let lost = false;
    end = listen(
      arn === undefined ? {} : { arn, from: events.peek().length + 1 },
      {
        executions: (data) => {
          // One that strikes once is gone once it has struck.
          if (faults.peek().some(({ times }) => times === "once")) void readFaults().catch(() => undefined);
          noteChanged((data as { readonly changed: Parameters<typeof noteChanged>[0] }).changed);
        },
        sagas: () => void readSagas().catch(() => undefined),
        history: (data) => {
          if (arn !== undefined) noteHistory(arn, (data as { readonly events: readonly unknown[] }).events);
        },
      },
      (is) => {
        connected.value = is;
        // It may be another server by now, which wants another token.
        if (is && lost) void begin();
        // What was proved before anybody listened.
        else if (is && sagas.peek()?.some(({ verdict }) => verdict.pending)) void readSagas().catch(() => undefined);
        lost = !is;
      },
    );
  };
  follow(undefined);
  effect(() => {
    const shown = subject.value;
    const arn = shown?.live === true && !reading.value ? shown.key : undefined;
    if (arn !== listened) follow(arn);
  });
}
