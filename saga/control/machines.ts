import type { RawStates } from "../asl/states";
import { type MachineNote, noteIn } from "../asl/machine-note";
import { inPlainWords, type Target } from "./target";

/** A state machine that users start. */
export interface Machine {
  /** The machine's name without the suffix that Pulumi adds. */
  readonly name: string;
  /** Without a version or an alias. */
  readonly arn: string;
  /** The ARN to start: an alias, if the stack has one. */
  readonly startArn: string;
}

/** There is no such saga or execution. */
export class NotThere extends Error {
  override readonly name = "NotThere";
}

export const withoutQualifier = (arn: string): string => arn.replace(/(:stateMachine:[^:]+):[^:]+$/, "$1");

/** The name in an ARN, without the seven hexadecimal digits that Pulumi adds. */
export const named = (arn: string): string =>
  (/:stateMachine:([^:]+)/.exec(arn)?.[1] ?? arn).replace(/-[0-9a-f]{7}$/, "");

/** Matches the machines that only other machines start. */
export const AUXILIARY = /_undo(?:-[0-9a-f]{7})?$/;

/**
 * The machines of a target.
 * @throws TargetError
 */
export async function machinesOf(target: Target): Promise<readonly Machine[]> {
  if (target.machineArns) {
    return target.machineArns.map((arn) => ({ name: named(arn), arn: withoutQualifier(arn), startArn: arn }));
  }
  const machines: Machine[] = [];
  await asked(target, async () => {
    const { paginateListStateMachines } = await import("@aws-sdk/client-sfn");
    const client = await target.sfn();
    for await (const { stateMachines = [] } of paginateListStateMachines({ client, pageSize: 1000 }, {})) {
      for (const { stateMachineArn: arn = "", type } of stateMachines) {
        if (type === "EXPRESS" || AUXILIARY.test(arn)) continue;
        machines.push({ name: named(arn), arn, startArn: arn });
      }
    }
  });
  return machines;
}

/**
 * The machine with an ARN or a name. Without a name: the only machine.
 * @throws NotThere which names the existing machines
 */
export function machineNamed(machines: readonly Machine[], name: string | undefined): Machine {
  const names = machines.map((each) => each.name).sort();
  if (name === undefined) {
    const [only, ...more] = machines;
    if (only && more.length === 0) return only;
    throw new NotThere(only ? `there are several sagas: name one of ${names.join(", ")}` : "there are no sagas");
  }
  const plain = withoutQualifier(name);
  const found = machines.find((each) => each.arn === plain || each.name === name || each.arn.endsWith(`:${name}`));
  if (found) return found;
  const there =
    names.length === 0 ? "there are none" : `there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`;
  throw new NotThere(`no saga '${name}'; ${there}`);
}

/** A definition, with the note in its Comment. */
export interface Definition {
  readonly definition: RawStates;
  readonly note: MachineNote;
}

/** Reads the definition in the answer of DescribeStateMachine or DescribeStateMachineForExecution. */
export function readDefinitionText(text: string | undefined): Definition {
  const definition = JSON.parse(text ?? "{}") as RawStates;
  return { definition, note: noteIn(definition) };
}

/** Sends a request. Connection and credential errors become a TargetError. */
export async function asked<T>(target: Pick<Target, "kind" | "name">, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw inPlainWords(error, target);
  }
}
