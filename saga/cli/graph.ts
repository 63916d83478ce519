import { writeFileSync } from "node:fs";
import type { Declaration } from "../asl/declaration";
import type { RawStates } from "../asl/states";
import { declarationOf } from "../compile/declaration";
import { dot } from "../graph/dot";
import { mermaid } from "../graph/mermaid";
import { graphOf } from "../graph/model";
import { svg } from "../graph/svg";
import type { Saga } from "../language/nodes";
import { definitionOf, mainMachine } from "../local/resources";
import { callersPath } from "./paths";
import type { LoadedProgram } from "./program";
import { UsageError } from "./usage-error";

const FORMATS = { mermaid, svg, dot } as const;

export type Format = keyof typeof FORMATS;

const isFormat = (name: string): name is Format => Object.hasOwn(FORMATS, name);

/**
 * What is drawn, by what is asked for or by the file that it goes to.
 * @throws UsageError
 */
export function formatOf({ format, output }: { format?: string | undefined; output?: string | undefined }): Format {
  if (format === undefined) return output?.endsWith(".svg") ? "svg" : output?.endsWith(".dot") ? "dot" : "mermaid";
  if (!isFormat(format)) throw new UsageError(`no format '${format}'; there are mermaid, svg and dot`);
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
  const text = FORMATS[format](drawing);
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(callersPath(output), text);
  return 0;
}
