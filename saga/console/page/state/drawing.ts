import { type Placed, layout } from "../../../graph/layout";
import { graphOf } from "../../../graph/model";
import type { Declaration } from "../../../asl/declaration";
import type { RawStates } from "../../../asl/states";

const drawn = new WeakMap<RawStates, Placed>();

/** A definition's drawing, made once. */
export function drawingOf(title: string, definition: RawStates, declaration: Declaration | undefined): Placed {
  const known = drawn.get(definition);
  if (known) return known;
  const placed = layout(graphOf(title, definition, declaration));
  drawn.set(definition, placed);
  return placed;
}
