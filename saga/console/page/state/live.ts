import { effect, signal } from "@preact/signals";
import { listen } from "../api";
import { route } from "../route";
import { readSagas } from "./console";
import { noteChanged } from "./executions";
import { noteHistory } from "./execution";

/** Whether the server tells what happens as it happens. */
export const connected = signal(false);

/** Listens for as long as the page is open: to the execution that is shown as well. */
export function followServer(): void {
  let listened: string | undefined;
  let end = (): void => undefined;
  const follow = (arn: string | undefined): void => {
    end();
    listened = arn;
    end = listen(
      { arn },
      {
        executions: (data) => {
          noteChanged((data as { readonly changed: Parameters<typeof noteChanged>[0] }).changed);
        },
        sagas: () => void readSagas().catch(() => undefined),
        history: (data) => {
          if (arn !== undefined) noteHistory(arn, (data as { readonly events: readonly unknown[] }).events);
        },
      },
      (is) => {
        connected.value = is;
      },
    );
  };
  follow(undefined);
  effect(() => {
    const shown = route.value.view === "execution" ? route.value.arn : undefined;
    if (shown !== listened) follow(shown);
  });
}
