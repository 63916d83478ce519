import type { Declaration } from "../../../asl/declaration";
import type { RawStates } from "../../../asl/states";
import { layout, type Placed } from "../../../graph/layout";
import { graphOf } from "../../../graph/model";

const UNDECLARED = {};
const drawn = new WeakMap<RawStates, WeakMap<object, Placed>>();

/** The drawing of a definition. It is cached. */
export function drawingOf(title: string, definition: RawStates, declaration: Declaration | undefined): Placed {
  const ofDefinition = drawn.get(definition) ?? new WeakMap<object, Placed>();
  drawn.set(definition, ofDefinition);
  const known = ofDefinition.get(declaration ?? UNDECLARED);
  if (known) return known;
  const placed = layout(graphOf(title, definition, declaration));
  ofDefinition.set(declaration ?? UNDECLARED, placed);
  return placed;
}
