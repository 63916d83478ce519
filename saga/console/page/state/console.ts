import { signal } from "@preact/signals";
import { messageOf, read, useToken } from "../api";
import type { Fault, SagaEntry, Session } from "../wire";

/** The state of the whole console: its session, and the sagas. */

export const session = signal<Session | undefined>(undefined);
export const sagas = signal<readonly SagaEntry[] | undefined>(undefined);
/** The faults that are set. */
export const faults = signal<readonly Fault[]>([]);
/** Why the console can't show anything. */
export const problem = signal<string | undefined>(undefined);
/** The last action, for screen readers. */
export const announcement = signal("");

export async function begin(): Promise<void> {
  try {
    const found = await read<Session>("session");
    useToken(found.token);
    session.value = found;
    await readSagas();
    if (found.faults) await readFaults();
    problem.value = undefined;
  } catch (error) {
    problem.value = messageOf(error);
  }
}

export async function readSagas(): Promise<void> {
  sagas.value = await read<readonly SagaEntry[]>("sagas");
}

export async function readFaults(): Promise<void> {
  faults.value = await read<readonly Fault[]>("faults");
}

export const sagaNamed = (name: string): SagaEntry | undefined => sagas.value?.find((saga) => saga.name === name);
