import { writeFileSync } from "node:fs";
import type { Declaration } from "../asl/declaration";
import type { RawStates } from "../asl/states";
import { declarationOf } from "../compile/declaration";
import { HistoryError, type HistoryEvent, readHistory } from "../control/history";
import { StoryError, type StoryOf, storyOf } from "../control/story";
import { coloursOf } from "../graph/colours";
import { dot } from "../graph/dot";
import { mermaid } from "../graph/mermaid";
import { type Graph, graphOf } from "../graph/model";
import type { Colours } from "../graph/status";
import { svg } from "../graph/svg";
import type { Saga } from "../language/nodes";
import { definitionOf, mainMachine } from "../local/resources";
import { readJsonFile } from "./input";
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

export interface GraphOptions {
  readonly name?: string | undefined;
  readonly format: Format;
  readonly output?: string | undefined;
  /** The history of an execution in whose colours it is drawn. */
  readonly history?: readonly HistoryEvent[] | undefined;
}

/**
 * A state machine as the program registers it, drawn: what goes forward, what undoes it, and where the pivot is; what an
 * execution did, where one is named.
 * @throws UsageError
 */
export function graph({ program }: LoadedProgram, { name, format, output, history }: GraphOptions): number {
  const machine = mainMachine(program, name);
  const saga = program.sagas?.get(machine.name) as Saga | undefined;
  const declaration: Declaration | undefined = saga && declarationOf(saga);
  const definition = definitionOf(machine) as unknown as RawStates;
  const drawing = graphOf(machine.name, definition, declaration);
  const text = FORMATS[format](drawing, history && coloursIn(drawing, { events: history, definition, declaration }));
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(callersPath(output), text);
  return 0;
}

/** How an execution stands after its last event. */
function coloursIn(drawing: Graph, reading: StoryOf): Colours {
  try {
    return coloursOf(drawing, storyOf(reading), reading.events.at(-1)?.id ?? 0);
  } catch (error) {
    if (!(error instanceof StoryError)) throw error;
    throw new UsageError(`the execution is not one of ${drawing.title} as the program has it: ${error.message}`);
  }
}

/**
 * The history that a file has, as the AWS CLI saves it.
 * @throws UsageError
 */
export async function readHistoryFile(file: string): Promise<readonly HistoryEvent[]> {
  const json = await readJsonFile(file);
  try {
    return readHistory(json);
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    throw new UsageError(`'${file}' ${error.message}`);
  }
}
