import type { RawState, RawStates } from "../asl/states";

type Fields = Readonly<Record<string, unknown>>;

/**
 * The part of the execution's input that is the list of a Map in JSONPath mode. Two Maps over the same part go through the
 * same list, as long as no state of the level has replaced it. Undefined if that is not known.
 */
export function listIn(map: RawState, { States }: RawStates, top: boolean): string | undefined {
  const path = map["ItemsPath"];
  if (typeof path !== "string") return undefined;
  const ofContext = /^\$\$\.Execution\.Input((\.\w+)+)$/.exec(path)?.[1];
  if (ofContext !== undefined) return `input${ofContext}`;
  const ofInput = /^\$((\.\w+)+)$/.exec(path)?.[1];
  if (ofInput === undefined || !top || !Object.values(States).every((state) => keeps(state, path))) return undefined;
  return `input${ofInput}`;
}

/** Whether the output of a state has the same value at a path as its input. */
function keeps(state: RawState, path: string): boolean {
  const whole = (field: string): boolean => state[field] === undefined || state[field] === "$";
  const writes = WRITING.has(state.Type) || state["Result"] !== undefined || state["Parameters"] !== undefined;
  return (
    whole("InputPath") &&
    whole("OutputPath") &&
    (!writes || isBeside(state, path)) &&
    (state.Catch ?? []).every((catcher) => isBeside(catcher, path))
  );
}

const WRITING: ReadonlySet<string> = new Set(["Task", "Parallel", "Map"]);

/** Whether ResultPath leaves the value at a path as it is. */
function isBeside({ ResultPath }: Fields, path: string): boolean {
  if (ResultPath === null) return true;
  if (typeof ResultPath !== "string" || ResultPath === "$") return false;
  return !`${path}.`.startsWith(`${ResultPath}.`) && !`${ResultPath}.`.startsWith(`${path}.`);
}
