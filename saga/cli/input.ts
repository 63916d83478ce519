import { existsSync, fstatSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { type Json, MAX_PAYLOAD_BYTES } from "../interpreter/json";
import { callersPath } from "./paths";
import { UsageError } from "./usage-error";

/**
 * JSON from an argument: the JSON itself, `@` and a file, or `-` for standard input.
 * @throws UsageError
 */
export async function readJson(argument: string): Promise<Json> {
  if (argument === "-") return parse(await text(process.stdin), "standard input");
  if (argument.startsWith("@")) {
    const path = argument.slice(1);
    return parse(readFile(path), path);
  }
  if (existsSync(callersPath(argument)))
    throw new UsageError(`'${argument}' is not JSON; to read the file of that name, write '@${argument}'`);
  return parse(argument, JSON.stringify(argument.length > 40 ? `${argument.slice(0, 40)}…` : argument));
}

/**
 * JSON from a pipe, or undefined if there is none. A pipe without data until `deadline` counts as none, since some
 * programs leave one open for the processes that they start.
 */
export async function pipedInput(deadline: Promise<unknown>): Promise<Json | undefined> {
  const stdin = fstatSync(0);
  if (!stdin.isFIFO() && !stdin.isFile() && !stdin.isSocket()) return undefined;
  const always = (): boolean => true;
  const spoke = once(process.stdin, "readable");
  const silent = await Promise.race([spoke.then(() => false), deadline.then(always, always)]);
  if (silent) {
    process.stdin.unref();
    return undefined;
  }
  const content = await text(process.stdin);
  return content.trim() === "" ? undefined : parse(content, "standard input");
}

/**
 * Reads JSON of any size from a file, or from standard input for `-`.
 * @throws UsageError
 */
export const readJsonFile = async (path: string): Promise<Json> =>
  parseJson(await readTextFile(path), sourceNameOf(path));

/**
 * Reads a file, or standard input for `-`.
 * @throws UsageError
 */
export const readTextFile = async (path: string): Promise<string> =>
  path === "-" ? await text(process.stdin) : readFile(path);

/** The name of a file in messages. */
export const sourceNameOf = (path: string): string => (path === "-" ? "standard input" : path);

function readFile(path: string): string {
  try {
    // Editors on Windows begin a file with a byte order mark.
    return readFileSync(callersPath(path), "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `can't read the file '${path}': ${code === "ENOENT" ? "it does not exist" : (error as Error).message}`,
    );
  }
}

/** @throws UsageError */
export function parseJson(content: string, source: string): Json {
  let json: Json;
  try {
    json = JSON.parse(content) as Json;
  } catch (error) {
    throw new UsageError(`${source} is not JSON: ${(error as Error).message}`);
  }
  refuseUnfit(json, source);
  return json;
}

/** JSON.parse reads deeper JSON, but the code after it can't handle it. */
const MOST_LEVELS = 1000;

/** Refuses JSON that the code after it can't handle. It does not recurse, since such JSON would overflow the stack. */
export function refuseUnfit(json: Json, source: string): void {
  const open: (readonly [value: Json, depth: number])[] = [[json, 0]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [value, depth] = next;
    if (depth > MOST_LEVELS) throw new UsageError(`${source} is nested deeper than ${MOST_LEVELS} levels`);
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw new UsageError(`${source} has a number that is too large for JSON in JavaScript, and would become null`);
    }
    if (typeof value === "object" && value !== null)
      for (const each of Object.values(value)) open.push([each, depth + 1]);
  }
}

function parse(content: string, source: string): Json {
  const json = parseJson(content, source);
  const size = Buffer.byteLength(JSON.stringify(json));
  if (size > MAX_PAYLOAD_BYTES) {
    const [has, takes] = [size, MAX_PAYLOAD_BYTES].map((bytes) => bytes.toLocaleString("en"));
    throw new UsageError(`the input has ${has} bytes, but Step Functions accepts at most ${takes}`);
  }
  return json;
}
