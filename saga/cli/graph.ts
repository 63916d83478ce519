import { extname } from "node:path";
import type { Declaration } from "../asl/declaration";
import type { RawStates } from "../asl/states";
import { declarationOf } from "../compile/declaration";
import { coloursOf } from "../graph/colours";
import { dot } from "../graph/dot";
import { mermaid } from "../graph/mermaid";
import { type Graph, graphOf } from "../graph/model";
import { type Colours, keyOf } from "../graph/status";
import { svg } from "../graph/svg";
import type { Saga } from "../language/nodes";
import { definitionOf, mainMachine } from "../local/resources";
import { examineNamed } from "./explain";
import type { Values } from "./options";
import type { LoadedProgram } from "./program";
import { UsageError } from "./usage-error";
import { writeFile } from "./write-file";

const FORMATS = { mermaid, svg, dot, json } as const;

export type Format = keyof typeof FORMATS;

const isFormat = (name: string): name is Format => Object.hasOwn(FORMATS, name);

/**
 * The format of the graph, by the options or by the output file's extension.
 * @throws UsageError
 */
export function formatOf({ json: asJson, format, output }: Pick<Values, "json" | "format" | "output">): Format {
  if (asJson === true && format !== undefined && format !== "json")
    throw new UsageError(`--json and --format ${format} exclude each other`);
  if (asJson === true) return "json";
  if (format === undefined) return formatOfFile(output ?? "");
  if (!isFormat(format))
    throw new UsageError(`no format '${format}'; the formats are ${Object.keys(FORMATS).join(", ")}`);
  return format;
}

/** The format of each extension. */
const EXTENSIONS: Readonly<Record<string, Format>> = {
  "": "mermaid",
  ".md": "mermaid",
  ".mermaid": "mermaid",
  ".mmd": "mermaid",
  ".svg": "svg",
  ".dot": "dot",
  ".gv": "dot",
  ".json": "json",
};

function formatOfFile(file: string): Format {
  const format = EXTENSIONS[extname(file).toLowerCase()];
  if (format) return format;
  throw new UsageError(
    `no format has the extension of '${file}': use .mmd, .svg, .dot or .json, or choose a format with --format`,
  );
}

/** The graph as data, for programs that draw it themselves. */
function json({ title, nodes, edges }: Graph, colours?: Colours): string {
  const drawn = {
    title,
    nodes: nodes.map((node) => ({ ...node, ...(colours && { status: colours.statuses.get(node.id) ?? "idle" }) })),
    edges: edges.map((edge) => ({ ...edge, ...(colours && { taken: colours.taken.has(keyOf(edge)) }) })),
  };
  return `${JSON.stringify(drawn, null, 2)}\n`;
}

export interface GraphOptions {
  readonly name?: string | undefined;
  readonly format: Format;
  readonly output?: string | undefined;
}

/** `saga graph`: draws a state machine of the program: its forward states, its undos and its pivot. */
export function graph({ program }: LoadedProgram, { name, ...options }: GraphOptions): number {
  const machine = mainMachine(program, name);
  const saga = program.sagas?.get(machine.name) as Saga | undefined;
  const declaration: Declaration | undefined = saga && declarationOf(saga);
  return draw(graphOf(machine.name, definitionOf(machine) as unknown as RawStates, declaration), undefined, options);
}

/**
 * Draws the state machine of an execution, coloured by its states after the last event.
 * @param execution Its ARN, its name, or the file of its saved history.
 * @throws UsageError
 */
export async function graphOfExecution(
  execution: string,
  { name, ...options }: GraphOptions,
  values: Values,
): Promise<number> {
  const { arn, saga, story, definition, declaration } = await examineNamed(execution, values, name);
  if (name !== undefined && name !== saga && arn?.includes(`:${name}:`) !== true)
    throw new UsageError(`the execution '${execution}' belongs to ${saga}, not to ${name}`);
  const drawing = graphOf(saga, definition, declaration);
  return draw(drawing, coloursOf(drawing, story, story.events.at(-1)?.id ?? 0), options);
}

function draw(drawing: Graph, colours: Colours | undefined, { format, output }: Omit<GraphOptions, "name">): number {
  const text = FORMATS[format](drawing, colours);
  if (output === undefined) process.stdout.write(text);
  else writeFile(output, text);
  return 0;
}
