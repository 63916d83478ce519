import { DefinitionError, readDefinition } from "../../asl/definition";
import type { RawStates } from "../../asl/states";
import { sourceNameOf } from "../input";
import { UsageError } from "../usage-error";
import { findMachines } from "./find";
import { type Found, isRead } from "./found";

/** The state machines of a file that are meant. */
export interface Selected {
  readonly machines: readonly Found[];
  /** Whether the file has no other. */
  readonly only: boolean;
}

/**
 * @param name Of one of them; all are meant without it.
 * @throws UsageError
 */
export async function selectMachines(file: string, name: string | undefined): Promise<Selected> {
  const all = await findMachines(file);
  if (all.length === 0) throw new UsageError(`'${sourceNameOf(file)}' has no state machine among its resources`);
  if (name === undefined) return { machines: all, only: all.length === 1 };
  const machines = all.filter((each) => each.name === name || each.aliases.includes(name));
  if (machines.length === 1) return { machines, only: all.length === 1 };
  const there = all.map((each) => each.name).join(", ");
  throw new UsageError(
    machines.length === 0
      ? `no machine '${name}' in '${file}'; there ${all.length === 1 ? "is" : "are"} ${there}`
      : `'${name}' names ${machines.length} machines in '${file}': name one of ${there}`,
  );
}

/**
 * The definition of a machine, in the shape of one.
 * @throws UsageError
 */
export function definitionOfFound(found: Found, { file, only }: { file: string; only: boolean }): RawStates {
  const which = only ? `'${sourceNameOf(file)}'` : `'${found.name}' in '${sourceNameOf(file)}'`;
  if (!isRead(found)) throw new UsageError(`'${found.name}' in '${sourceNameOf(file)}' ${found.unread}`);
  try {
    return readDefinition(found.definition);
  } catch (error) {
    if (error instanceof DefinitionError) throw new UsageError(`${which} is no state machine: ${error.message}`);
    throw error;
  }
}
