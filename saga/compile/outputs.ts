import { DeferredExpression } from "../asl/deferred";
import { outputsIn } from "../language/mapping";
import { flatten, mappingsIn, type Saga } from "../language/nodes";

/** A rendered text never contains this: it escapes control characters. */
// eslint-disable-next-line no-control-regex
const MARK = /\u0001(\d+)\u0001/;
const mark = (index: number): string => `\u0001${index}\u0001`;

/** How the outputs in a saga's mappings are spelled until their values are known. */
export function spellOutputs(saga: Saga): readonly (readonly [object, string])[] {
  return outputsOf(saga).map((output, index) => [output, mark(index)]);
}

/** A part of a definition, its expressions with outputs in them deferred until these are known. */
export function deferOutputs<T>(saga: Saga, definition: T): T {
  const outputs = outputsOf(saga);
  return outputs.length === 0 ? definition : (deferred(definition, outputs) as T);
}

function deferred(value: unknown, outputs: readonly object[]): unknown {
  if (typeof value === "string") {
    const [texts, indexes] = [0, 1].map((odd) => value.split(MARK).filter((_, at) => at % 2 === odd));
    if (!texts || !indexes || indexes.length === 0) return value;
    return new DeferredExpression(
      texts,
      indexes.map((index) => outputs[Number(index)] as object),
    );
  }
  if (Array.isArray(value)) return value.map((item) => deferred(item, outputs));
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, deferred(field, outputs)]));
}

function outputsOf(saga: Saga): readonly object[] {
  return [...new Set([...flatten(saga.steps).flatMap(mappingsIn), saga.output].flatMap(outputsIn))];
}
