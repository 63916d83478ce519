import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from "yaml";
import type { Json } from "../../interpreter/json";
import { parseJson, readTextFile, refuseUnfit, sourceNameOf } from "../input";
import { UsageError } from "../usage-error";

/** A place in a file. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The keys and indices that lead to a value. */
export type Path = readonly (string | number)[];

/** The JSON or YAML of a file, with the places of its values. */
export interface Source {
  /** The path as the user gave it; `-` for standard input. */
  readonly file: string;
  readonly text: string;
  readonly value: Json;
  /** The place of a value, or of its key. If it is not in the file, the place of the nearest value around it. */
  readonly place: (path: Path) => Place;
}

/**
 * Reads a file of JSON or YAML, with the short tags of CloudFormation: `!Sub` is `Fn::Sub`.
 * @throws UsageError
 */
export async function readSource(file: string): Promise<Source> {
  return sourceOf(file, await readTextFile(file));
}

/** @throws UsageError */
export function sourceOf(file: string, text: string): Source {
  const name = sourceNameOf(file);
  const parsed = parser(text);
  const value = isJson(file, text) ? parseJson(text, name) : fromYaml(parsed().document, name);
  return { file, text, value, place: (path) => ({ file, ...placeIn(parsed(), path) }) };
}

/** By the file's name, or by how the text begins. An empty text counts as JSON, and is then refused. */
const isJson = (file: string, text: string): boolean =>
  /\.json$/i.test(file) || (!/\.ya?ml$/i.test(file) && /^\s*(?:[[{]|$)/.test(text));

interface Parsed {
  readonly document: Document;
  readonly lines: LineCounter;
}

/** Parses only when it is needed: for JSON, that is only for places. */
function parser(text: string): () => Parsed {
  let parsed: Parsed | undefined;
  return () => {
    if (parsed) return parsed;
    const lines = new LineCounter();
    // A tag that YAML does not know is CloudFormation's.
    const document = parseDocument(text, { lineCounter: lines, logLevel: "silent", uniqueKeys: false });
    return (parsed = { document, lines });
  };
}

function fromYaml(document: Document, name: string): Json {
  const [error] = document.errors;
  if (error) throw new UsageError(`${name} is not YAML: ${(error.message.split("\n")[0] as string).replace(/:$/, "")}`);
  const value = toJson(document, { document, name, nodes: 0, aliases: new Map() });
  refuseUnfit(value, name);
  return value;
}

interface Reading {
  readonly document: Document;
  readonly name: string;
  readonly aliases: Map<Node, Json>;
  nodes: number;
}

/** No template has that many values, but aliases of aliases can have more. */
const MOST_NODES = 1_000_000;
const MOST_LEVELS = 200;

function toJson({ contents }: Document, reading: Reading): Json {
  const read = (node: unknown, depth: number): Json => {
    reading.nodes += 1;
    if (reading.nodes > MOST_NODES || depth > MOST_LEVELS) {
      throw new UsageError(`${reading.name} has too many values, or nests them too deep, to be a template`);
    }
    if (isAlias(node)) return read(targetOf(node, reading), depth + 1);
    if (isMap(node)) {
      const fields = node.items.map(({ key, value }) => [keyOf(key), read(value, depth + 1)] as const);
      return tagged(node.tag, Object.fromEntries(fields));
    }
    if (isSeq(node)) {
      return tagged(
        node.tag,
        node.items.map((item) => read(item, depth + 1)),
      );
    }
    if (isScalar(node)) return tagged(node.tag, scalar(node.value));
    return null;
  };
  return read(contents, 0);
}

function targetOf(alias: Alias, { document, name }: Reading): unknown {
  const target = alias.resolve(document);
  if (!target) throw new UsageError(`${name} has the alias *${alias.source}, but no anchor &${alias.source}`);
  return target;
}

const keyOf = (key: unknown): string => String(isScalar(key) ? key.value : key);

/** YAML has dates and large numbers, JSON does not. */
function scalar(value: unknown): Json {
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "number" || value === null)
    return value;
  return typeof value === "bigint" || value instanceof Date ? value.toString() : null;
}

/** `!Ref X` is `{"Ref": "X"}`, `!GetAtt A.B` is `{"Fn::GetAtt": ["A", "B"]}`, and any other `!Name` is `Fn::Name`. */
function tagged(tag: string | undefined, value: Json): Json {
  const [, name] = /^!([A-Za-z]\w*)$/.exec(tag ?? "") ?? [];
  if (name === undefined) return value;
  if (name === "Ref" || name === "Condition") return { [name]: value };
  return { [`Fn::${name}`]: value };
}

function placeIn({ document, lines }: Parsed, path: Path): Omit<Place, "file"> {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    // A short tag, such as `!Sub`, replaces the key of its value.
    if (String(step).startsWith("Fn::") && (node as Node | undefined)?.tag?.startsWith("!") === true) continue;
    const [at, next] = stepInto(node, step);
    if (at === undefined) break;
    offset = at;
    node = next;
  }
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** The offset of a key or an item of a collection, and its value. */
function stepInto(node: unknown, step: string | number): readonly [offset: number | undefined, value: unknown] {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => keyOf(key) === step);
    return [startOf(pair?.key), pair?.value];
  }
  if (isSeq(node) && typeof step === "number") return [startOf(node.items[step]), node.items[step]];
  return [undefined, undefined];
}

const startOf = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0];

/**
 * The places of the parts of a text that is a value in a file. If it is a block (`|`), each part has its own line. Else
 * all of them have the place of the value.
 */
export function placesInText(source: Source, at: Path, text: string): (path: Path) => Place {
  // A reference may replace a number, and is not JSON itself.
  const parsed = parser(text.replaceAll(/\$\{[^}]*\}/g, (reference) => "0".repeat(reference.length)));
  const [lines, textLines] = [source.text.split(/\r?\n/), text.split("\n")];
  const key = source.place(at);
  // The header of the block is in the line of the key, and its text in the lines after it.
  if (!/[|>][-+\d]*\s*(#.*)?$/.test(lines[key.line - 1] ?? "")) return () => key;
  return (path) => {
    const inner = placeIn(parsed(), path);
    const line = key.line + inner.line;
    const [there = "", wanted = ""] = [lines[line - 1], textLines[inner.line - 1]];
    if (!there.endsWith(wanted)) return key;
    return { file: source.file, line, column: there.length - wanted.length + inner.column };
  };
}
