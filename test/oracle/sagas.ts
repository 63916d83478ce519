import * as fc from "fast-check";
import type { Declaration } from "../../saga/asl/declaration";
import { compile, declarationOf } from "../../saga/compile";
import { build } from "../generated/build";
import { scenario } from "../generated/spec";
import { type Json, type JsonObject } from "./jsonata";
import { OUTSIDE } from "./run";
import { randomOf } from "./random";

/** A definition, what is declared of it, and inputs that lead it every way. */
export interface Case {
  readonly definition: JsonObject;
  readonly declaration: Declaration;
  readonly inputs: readonly Json[];
}

/** Of the many that there are, so many combinations of conditions and lists. */
const MOST_INPUTS = 6;

/** Generated sagas, compiled. */
export function generated(count: number, seed: number): readonly Case[] {
  return fc.sample(scenario, { numRuns: count, seed }).map(({ nodes }) => {
    const { saga, input } = build(nodes);
    return {
      definition: JSON.parse(JSON.stringify(compile(saga, ({ name }) => name))) as JsonObject,
      declaration: declarationOf(saga),
      inputs: inputsLike(input as JsonObject, seed),
    };
  });
}

/** The fields that conditions read are booleans, those that items come from are lists. */
function inputsLike(input: JsonObject, seed: number): readonly Json[] {
  const random = randomOf(seed);
  const variant = (holds: () => boolean, items: () => number): JsonObject =>
    Object.fromEntries(
      Object.entries(input).map(([field, value]) => {
        if (typeof value === "boolean") return [field, holds()];
        if (!Array.isArray(value)) return [field, `${OUTSIDE}${String(value)}`];
        return [field, Array.from({ length: items() }, (_, index) => ({ item: `${OUTSIDE}${field}/${index}` }))];
      }),
    );
  const extremes = [
    variant(
      () => true,
      () => 2,
    ),
    variant(
      () => false,
      () => 0,
    ),
    variant(
      () => false,
      () => 1,
    ),
  ];
  const others = Array.from({ length: MOST_INPUTS * 3 }, () =>
    variant(
      () => random.below(2) === 0,
      () => random.below(3),
    ),
  );
  const distinct = new Map([...extremes, ...others].map((each) => [JSON.stringify(each), each]));
  return [...distinct.values()].slice(0, MOST_INPUTS);
}
