import { effect, signal } from "@preact/signals";
import { listen } from "../api";
import { begin, faults, readFaults, readSagas, sagas } from "./console";
import { events, noteHistory, reading, subject } from "./execution";
import { noteChanged } from "./executions";

/** Whether the live stream is connected. */
export const connected = signal(false);

/** Listens to the live stream while the page is open. Once the shown execution's history is read, its events come along. */
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
          // A fault for one call is removed once it has acted.
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
        // The server may have been restarted. It then has another token.
        if (is && lost) void begin();
        // A proof may have ended before the stream was connected.
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
