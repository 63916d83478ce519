import { createHash } from "node:crypto";
import jsonata = require("jsonata");
import type { Clock } from "./clock";
import { randomUuid, seededRandom, type Random } from "./random";

/** The functions that Step Functions adds to JSONata, and the built-in ones that it changes ("Transforming data"). */
export type FunctionBindings = { [name: string]: (...args: never[]) => unknown };

// States.ArrayRange has the same ceiling.
const MAX_RANGE_ITEMS = 1000;

const HASHES: { [algorithm: string]: string } = {
  MD5: "md5",
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

const formatTime = jsonata("$fromMillis($ms, $picture, $timezone)");

function partition(array: unknown, size: unknown): unknown {
  if (array === undefined) return undefined;
  if (typeof size !== "number" || !Number.isInteger(size) || size < 1) {
    throw new Error("Argument 2 of function $partition must be a positive integer");
  }
  const items: unknown[] = Array.isArray(array) ? array : [array];
  const chunks: unknown[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}

function range(first: unknown, last: unknown, step: unknown): unknown {
  for (const value of [first, last, step]) {
    if (typeof value !== "number" || !Number.isInteger(value)) {
      throw new Error("The arguments of function $range must be integers");
    }
  }
  const [from, to, by] = [first, last, step] as [number, number, number];
  if (by === 0) throw new Error("Argument 3 of function $range must not be zero");
  const count = Math.max(0, Math.floor((to - from) / by) + 1);
  if (count > MAX_RANGE_ITEMS) throw new Error(`Function $range gives at most ${MAX_RANGE_ITEMS} items`);
  const items = Array.from({ length: count }, (_, index) => from + index * by);
  // On AWS the result is a JSONata sequence: a sequence of one item is that item, and an empty one is undefined.
  if (items.length === 0) return undefined;
  return items.length === 1 ? items[0] : items;
}

function hash(data: unknown, algorithm: unknown): unknown {
  if (data === undefined) return undefined;
  const name = typeof algorithm === "string" ? HASHES[algorithm] : undefined;
  if (name === undefined) {
    throw new Error(`Argument 2 of function $hash must be one of ${Object.keys(HASHES).join(", ")}`);
  }
  const text = typeof data === "string" ? data : JSON.stringify(data);
  return createHash(name).update(text).digest("hex");
}

function parse(text: unknown): unknown {
  if (text === undefined) return undefined;
  if (typeof text !== "string") throw new Error("Argument 1 of function $parse must be a string");
  return JSON.parse(text);
}

/** One set for each execution: `$random`, `$uuid`, `$now` and `$millis` follow its random source and its clock. */
export function awsFunctions(random: Random, clock: Clock): FunctionBindings {
  return {
    partition,
    range,
    hash,
    parse,
    uuid: () => randomUuid(random),
    random: (seed?: unknown) => (typeof seed === "number" ? seededRandom(seed)() : random()),
    eval: () => {
      throw new Error("Function $eval is not supported; $parse reads JSON");
    },
    millis: () => clock.now(),
    now: (picture?: string, timezone?: string) =>
      picture === undefined
        ? new Date(clock.now()).toISOString()
        : formatTime.evaluate(undefined, { ms: clock.now(), picture, timezone }),
  };
}
