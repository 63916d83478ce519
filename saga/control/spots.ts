import { type Declaration, undoOf } from "../asl/declaration";
import { innerOf, type RawState, type RawStates } from "../asl/states";

/** On which way a state is entered: while the saga goes forward, or once it is given up. */
export type Side = "forward" | "undo";

/** Where in a definition a state stands. Names are unique in a machine. */
export interface Spot {
  /** As in a graph: names of the states around it, each with the index of the branch, joined by "/". */
  readonly id: string;
  readonly state: RawState;
  /** The Parallel or the Map right around it. */
  readonly container: string | undefined;
  /** The Maps around it, outermost first. */
  readonly maps: readonly string[];
  /** The side that it always is on; undefined where that follows from how it is entered. */
  readonly side: Side | undefined;
}

/** Every state of a definition, by its name. */
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

/** Actions go forward. Undos do not, unless one also releases what was taken, on the way to success. */
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

/** A Parallel or a Map is on the side of the tasks in it; a Fail is where a saga ends that was given up. */
function sideOf(name: string, state: RawState, ofTask: ReadonlyMap<string, Side | undefined>): Side | undefined {
  if (state.Type === "Fail") return "undo";
  if (ofTask.has(name)) return ofTask.get(name);
  const inner = innerOf(state).flatMap(({ States }) => Object.entries(States));
  const sides = inner.flatMap(([each, within]) => sideOf(each, within, ofTask) ?? []);
  return sides.includes("forward") ? "forward" : sides[0];
}
