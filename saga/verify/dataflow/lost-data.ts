import { type Declaration, undoOf } from "../../asl/declaration";
import type { RawStates } from "../../asl/states";
import type { Violation } from "../rules";
import { after, linesOf, pathOf } from "../search/trace";
import type { Origin } from "./data";
import { flowOf, type Read } from "./flow";

/** The data that a path drops and a later state reads, and whether the analysis stopped at its limit. */
export interface LostData {
  readonly violations: readonly Violation[];
  readonly truncated: boolean;
}

/**
 * Finds data in JSONPath mode that does not reach the state that reads it. The usual case is an undo after a Catch whose
 * error has replaced all data. Only data that is certainly absent is reported, at its first reader.
 */
export function lostData(definition: RawStates, declaration: Declaration): LostData {
  const undos = new Set(Object.keys(declaration.calls).flatMap((action) => undoOf(declaration, action) ?? []));
  const goesBy = (state: string): boolean => undos.has(state) || isUndone(declaration, state);
  const { reads, truncated } = flowOf(definition);
  const told = new Map<string, Violation>();
  for (const read of reads) {
    // A notification of a failure needs only the error. An undo and an action need the data of their call.
    if (!read.lost && !(goesBy(read.state) && read.given && replacesAll(read.given))) continue;
    const key = keyOf(read);
    if (!told.has(key)) told.set(key, violationOf(read, undos.has(read.state) ? "undo" : "go"));
  }
  return { violations: [...told.values()], truncated };
}

/** Whether a state is an action with an undo. */
const isUndone = ({ calls }: Declaration, state: string): boolean =>
  Object.hasOwn(calls, state) && calls[state]?.undo !== undefined;

/** The key of a finding: one for each Catch, whatever it drops, and one for each field that a made object lacks. */
function keyOf({ state, lost, given }: Read): string {
  const by = lost?.by ?? given;
  if (by?.field === "Catch") return `${by.state} Catch ${by.path ?? ""}`;
  return by ? `${by.state} ${by.field} ${lost?.said ?? ""}` : `${state} ${lost?.said ?? ""}`;
}

function violationOf({ state, lost, given, trace }: Read, does: "undo" | "go"): Violation {
  const violation = (kind: string, message: string, hint: string, offence: string): Violation => {
    const path = pathOf([after(trace, { text: `${state} starts here; ${offence}`, state })]);
    return {
      rule: "assignment",
      kind,
      state,
      message: `${state} ${message}`,
      hint,
      counterexample: linesOf(path),
      path,
    };
  };
  if (lost?.variable) {
    const name = lost.said.replace(/[.[].*/, "");
    const hint = `Assign ${name.slice(1)} on every path that leads to ${state}`;
    return violation("lost-variable", `reads ${lost.said}, and ${name} is not assigned`, hint, `no ${name}`);
  }
  const { said } = lost ?? { said: "the saga's data" };
  const offence = lost ? `not there: ${said}` : "there are Error and Cause alone";
  const by = lost?.by ?? given;
  if (!by) {
    const message = `reads ${said}, which a Choice before it has found absent`;
    return violation("lost-data", message, `Let the Choice lead to a state that does without ${said}`, offence);
  }
  const { message, hint } = mended(by, said, state);
  return violation(
    "lost-data",
    lost ? `reads ${said}, and ${message}` : `has no data to ${does} with: ${message}`,
    hint,
    offence,
  );
}

/** The message and the hint for dropped data. */
function mended(by: Origin, said: string, reader: string): { readonly message: string; readonly hint: string } {
  const who = by.state;
  const still = `so that ${reader} still has ${said}`;
  switch (by.field) {
    case "Catch": {
      const whole = replacesAll(by);
      const free = whole || !`${by.path}.`.startsWith("$.error.") ? "$.error" : "$.caught";
      return whole
        ? {
            message: `${who}'s Catch has replaced all data by { Error, Cause }`,
            hint: `Give ${who}'s Catch a ResultPath, such as ${free}, ${still}`,
          }
        : {
            message: `${who}'s Catch has put { Error, Cause } at ${by.path}`,
            hint: `Give ${who}'s Catch another ResultPath, such as ${free}, ${still}`,
          };
    }
    case "branches":
      return {
        message: `the output of ${who} is a list of the outputs of its branches`,
        hint: `Give ${who} a ResultPath, such as $.${fieldNamed(who)}, ${still}`,
      };
    case "call":
      return {
        message: `the output of ${who} is only StatusCode, Payload and the like`,
        hint: `Give ${who} a ResultPath, such as $.${fieldNamed(who)}, ${still}`,
      };
    case "null":
      return {
        message: `${who} has an InputPath or OutputPath of null, which leaves nothing`,
        hint: `Leave it out of ${who}, ${still}`,
      };
    default:
      return {
        message: `${who}'s ${by.field} has replaced the data, without it`,
        hint: `Put it into ${who}'s ${by.field}, ${still}`,
      };
  }
}

/** Whether the error replaces all data. */
const replacesAll = ({ path }: Origin): boolean => path === undefined || path === "$";

/** A field name for a path, made from the name of a state. */
const fieldNamed = (state: string): string => state.replace(/\W+/g, "_");
