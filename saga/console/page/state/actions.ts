import { write } from "../api";
import type { Fault } from "../wire";
import { announcement, faults, readFaults, session } from "./console";

/** The actions that change something. Each announces what it did, or throws the server's error. */

export const mayWrite = (): boolean => session.value?.writable === true;

export async function startExecution(machineArn: string, input: unknown, name: string): Promise<string> {
  const { arn } = await write<{ readonly arn: string }>("start", { machineArn, input, ...(name !== "" && { name }) });
  announcement.value = "The execution has started";
  return arn;
}

export async function stopExecution(arn: string): Promise<void> {
  await write("stop", { arn, cause: "stopped in the console" });
  announcement.value = "The execution was stopped";
}

export async function redriveExecution(arn: string): Promise<void> {
  await write("redrive", { arn });
  announcement.value = "The execution was redriven";
}

/** A call that waits, and its execution, which goes on once it is answered. */
export interface Answered {
  readonly arn: string | undefined;
  readonly taskToken: string;
}

export async function approve(answered: Answered, output: unknown): Promise<void> {
  await write("answer", { ...answered, output });
  announcement.value = "Approved";
}

export async function reject(answered: Answered, cause: string): Promise<void> {
  await write("answer", { ...answered, error: "Rejected", cause });
  announcement.value = "Rejected";
}

export async function setFault(fault: Fault): Promise<void> {
  await write("faults", fault);
  await readFaults();
  announcement.value = `${fault.state}: the fault is set`;
}

export async function clearFault(fault: Fault): Promise<void> {
  await write("faults", fault, "DELETE");
  await readFaults();
  announcement.value = `${fault.state}: the fault is removed`;
}

export const faultsOf = (machineArn: string): readonly Fault[] =>
  faults.value.filter((fault) => fault.machineArn === machineArn);
