import { type Declaration, undoOf } from "../asl/declaration";
import { innerOf, type RawState, type RawStates } from "../asl/states";

/** The side of a state: an execution enters it while it goes forward, or while it undoes. */
export type Side = "forward" | "undo";

/** The place of a state in a definition. Names are unique in a machine. */
export interface Spot {
  /** The id of its node in a graph: the states around it, each with the index of the branch, joined by "/". */
  readonly id: string;
  readonly state: RawState;
  /** The innermost Parallel or Map around it. */
  readonly container: string | undefined;
  /** The Maps around it, outermost first. */
  readonly maps: readonly string[];
  /** Undefined if the side depends on how the state is entered. */
  readonly side: Side | undefined;
}

/** All states of a definition, by name. */
export function spotsOf(definition: RawStates, declaration: Declaration | undefined): ReadonlyMap<string, Spot> {
  const spots = new Map<string, Spot>();
  const ofTask = taskSides(declaration);
  const add = (level: RawStates, prefix: string, around: Pick<Spot, "container" | "maps">): void => {
    for (const [name, state] of Object.entries(level.States)) {
      const id = `${prefix}${name}`;
      spots.set(name, { id, state, ...around, side: sideOf(name, state, ofTask) });
      const maps = state.Type === "Map" ? [...around.maps, name] : around.maps;
      innerOf(state).forEach((inner, at) => {
        add(inner, `${id}/${at}/`, { container: name, maps });
      });
    }
  };
  add(definition, "", { container: undefined, maps: [] });
  return spots;
}

/** Actions are forward, and undos are undo. An undo that is also a release may be either. */
function taskSides(declaration: Declaration | undefined): ReadonlyMap<string, Side | undefined> {
  const sides = new Map<string, Side | undefined>();
  for (const [name, { release }] of Object.entries(declaration?.calls ?? {})) {
    sides.set(name, "forward");
    const undo = declaration && undoOf(declaration, name);
    if (undo !== undefined && !sides.has(undo)) sides.set(undo, "undo");
    if (release !== undefined) sides.set(release, sides.get(release) === "undo" ? undefined : "forward");
  }
  return sides;
}

/** A Parallel or a Map has the side of its tasks. A Fail ends a saga that was compensated. */
function sideOf(name: string, state: RawState, ofTask: ReadonlyMap<string, Side | undefined>): Side | undefined {
  if (state.Type === "Fail") return "undo";
  if (ofTask.has(name)) return ofTask.get(name);
  const inner = innerOf(state).flatMap(({ States }) => Object.entries(States));
  const sides = inner.flatMap(([each, within]) => sideOf(each, within, ofTask) ?? []);
  return sides.includes("forward") ? "forward" : sides[0];
}
