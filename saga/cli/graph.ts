import { writeFileSync } from "node:fs";
import type { Declaration } from "../asl/declaration";
import type { RawStates } from "../asl/states";
import { declarationOf } from "../compile/declaration";
import type { Saga } from "../language/nodes";
import { definitionOf, mainMachine } from "../local/resources";
import { mermaid } from "../graph/mermaid";
import { graphOf } from "../graph/model";
import { svg } from "../graph/svg";
import { callersPath } from "./paths";
import type { LoadedProgram } from "./program";
import { UsageError } from "./usage-error";

export type Format = "mermaid" | "svg";

/**
 * What is drawn, by what is asked for or by the file that it goes to.
 * @throws UsageError
 */
export function formatOf({ format, output }: { format?: string | undefined; output?: string | undefined }): Format {
  if (format === undefined) return output?.endsWith(".svg") ? "svg" : "mermaid";
  if (format !== "mermaid" && format !== "svg")
    throw new UsageError(`no format '${format}'; there are mermaid and svg`);
  return format;
}

/** A state machine as the program registers it, drawn: what goes forward, what undoes it, and where the pivot is. */
export function graph(
  { program }: LoadedProgram,
  { name, format, output }: { name?: string | undefined; format: Format; output?: string | undefined },
): number {
  const machine = mainMachine(program, name);
  const saga = program.sagas?.get(machine.name) as Saga | undefined;
  const declaration: Declaration | undefined = saga && declarationOf(saga);
  const drawing = graphOf(machine.name, definitionOf(machine) as unknown as RawStates, declaration);
  const text = format === "svg" ? svg(drawing) : mermaid(drawing);
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(callersPath(output), text);
  return 0;
}
