import { DefinitionError, readDefinition } from "../../asl/definition";
import type { RawStates } from "../../asl/states";
import { sourceNameOf } from "../input";
import { UsageError } from "../usage-error";
import { findMachines } from "./find";
import { type Found, isRead } from "./found";

/** The selected state machines of a file. */
export interface Selected {
  readonly machines: readonly Found[];
  /** Whether the file has no other. */
  readonly only: boolean;
}

/**
 * @param name Selects one of them. Default: all.
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
      ? `no state machine '${name}' in '${file}'; it has ${there}`
      : `${machines.length} state machines in '${file}' have the name '${name}': name one of ${there}`,
  );
}

/**
 * The definition of a machine, checked for its shape.
 * @throws UsageError
 */
export function definitionOfFound(found: Found, { file, only }: { file: string; only: boolean }): RawStates {
  const which = only ? `'${sourceNameOf(file)}'` : `'${found.name}' in '${sourceNameOf(file)}'`;
  if (!isRead(found)) throw new UsageError(`'${found.name}' in '${sourceNameOf(file)}' ${found.unread}`);
  try {
    return readDefinition(found.definition);
  } catch (error) {
    if (error instanceof DefinitionError) throw new UsageError(`${which} is not a state machine: ${error.message}`);
    throw error;
  }
}
