/**
 * Measures how compiling, verifying and type-checking grow with the steps of a saga, in processor milliseconds. Each size
 * runs in its own process. A type check includes the library's types, which take a second or two.
 */
import { join } from "node:path";
import { compile } from "../../saga/compile";
import type { Measured, Row } from "../last-run";
import { median } from "../statistics";
import { timed } from "../timed";
import type { Growth } from "./one";
import { type Kind, sagaOf } from "./sagas";

const SIZES = [10, 30, 100, 300, 1000];
const SHORT = 30;

export function growth(runs: number, short: boolean): Measured {
  const rows = (["steps", "queries"] as const).flatMap((kind) => {
    const largest = largestOf(kind);
    const sizes = [...SIZES.filter((size) => size < largest), largest].filter((size) => !short || size <= SHORT);
    return sizes.map((steps): Row => {
      const figures = medians(Array.from({ length: Math.min(runs, 3) }, () => one("proof", kind, steps)));
      return { name: `${steps} ${kind}`, figures: { ...figures, ...one("types", kind, steps), steps } };
    });
  });
  return { rows };
}

function one(what: "proof" | "types", kind: Kind, steps: number): Growth {
  const script = ["-r", "ts-node/register/transpile-only", join(__dirname, "one.ts")];
  return JSON.parse(timed([process.execPath, ...script, what, kind, String(steps)], process.cwd()).stdout) as Growth;
}

function medians(all: readonly Growth[]): Growth {
  const names = Object.keys(all[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(all.map((each) => each[name] as number))]));
}

/** As many as a definition of AWS's 1 MB can contain. */
function largestOf(kind: Kind): number {
  const fits = (steps: number): boolean => {
    try {
      compile(sagaOf(kind, steps), ({ name }) => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`);
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === "definition-too-large") return false;
      throw error;
    }
  };
  let [most, tooMany] = [1, 10_000];
  while (tooMany - most > 1) {
    const middle = Math.floor((most + tooMany) / 2);
    if (fits(middle)) most = middle;
    else tooMany = middle;
  }
  return most;
}
