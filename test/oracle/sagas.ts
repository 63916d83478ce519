import * as fc from "fast-check";
import type { Declaration } from "../../saga/asl/declaration";
import { compile, declarationOf } from "../../saga/compile";
import { build } from "../generated/build";
import { scenario, type Spec } from "../generated/spec";
import type { Json, JsonObject } from "./jsonata";
import { OUTSIDE } from "./run";
import { randomOf } from "./random";

/** A definition, what is declared of it, and inputs of which some lead it every way. */
export interface Case {
  readonly definition: JsonObject;
  readonly declaration: Declaration;
  readonly inputs: readonly Json[];
}

/** Of the many that there are, so many combinations of conditions and lists: of these the explorer takes a few. */
const MOST_INPUTS = 60;

/** Generated sagas, compiled. */
export const generated = (count: number, seed: number): readonly Case[] =>
  fc.sample(scenario, { numRuns: count, seed }).map(({ nodes }) => generatedFrom(nodes, seed));

export function generatedFrom(nodes: readonly Spec[], seed: number): Case {
  const { saga } = build(nodes);
  const definition = JSON.parse(JSON.stringify(compile(saga, ({ name }) => name))) as JsonObject;
  return { definition, declaration: declarationOf(saga), inputs: inputsOf(definition, seed) };
}

/** Inputs for whatever a definition reads: lists of items, booleans for conditions, strings. */
export function inputsOf(definition: JsonObject, seed: number): readonly Json[] {
  const text = JSON.stringify(definition);
  const fields = [...new Set([...text.matchAll(/Execution\.Input\.(\w+)/g)].map(([, field]) => field as string))];
  const lists = new Set(
    [...text.matchAll(/'list': \$states\.context\.Execution\.Input\.(\w+)/g)].map(([, field]) => field),
  );
  const conditions = new Set([...text.matchAll(/Execution\.Input\.(\w+) = true/g)].map(([, field]) => field));
  const random = randomOf(seed);
  const variant = (holds: () => boolean, items: () => number | undefined): JsonObject =>
    Object.fromEntries(
      fields.flatMap((field): (readonly [string, Json])[] => {
        if (conditions.has(field)) return [[field, holds()]];
        if (!lists.has(field)) return [[field, `${OUTSIDE}${field}`]];
        const length = items();
        const list = Array.from({ length: length ?? 0 }, (_, index) => ({ item: `${OUTSIDE}${field}/${index}` }));
        return length === undefined ? [] : [[field, list]];
      }),
    );
  const extremes = [
    variant(
      () => true,
      () => 2,
    ),
    variant(
      () => false,
      () => undefined,
    ),
    variant(
      () => false,
      () => 1,
    ),
  ];
  const others = Array.from({ length: MOST_INPUTS * 2 }, () =>
    variant(
      () => random.below(2) === 0,
      () => [0, 1, 2, undefined][random.below(4)],
    ),
  );
  const distinct = new Map([...extremes, ...others].map((each) => [JSON.stringify(each), each]));
  return [...distinct.values()].slice(0, MOST_INPUTS);
}
