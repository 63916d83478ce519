import { signal } from "@preact/signals";
import { messageOf, read, useToken } from "../api";
import type { Fault, SagaEntry, Session } from "../wire";

/** What holds for the whole console: whom it talks to, and the sagas that are there. */

export const session = signal<Session | undefined>(undefined);
export const sagas = signal<readonly SagaEntry[] | undefined>(undefined);
/** Calls that are to go wrong. */
export const faults = signal<readonly Fault[]>([]);
/** What keeps the console from showing anything. */
export const problem = signal<string | undefined>(undefined);
/** What happened last, for whoever cannot see it happen. */
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
