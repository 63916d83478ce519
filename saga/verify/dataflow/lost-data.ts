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
 * Finds data that does not reach the state that reads it. The usual case is an undo after a Catch whose
 * error has replaced all data. Only data that is certainly absent is reported, at its first reader.
 */
export function lostData(definition: RawStates, declaration: Declaration): LostData {
  const undos = new Set(Object.keys(declaration.calls).flatMap((action) => undoOf(declaration, action) ?? []));
  const goesBy = (state: string): boolean => undos.has(state) || isUndone(declaration, state);
  const { reads, truncated } = flowOf(definition, undos);
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
  if (by?.field === "unwritten") return `${state} ${by.path ?? ""}`;
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
  const whole = given?.holds === "nothing" ? "there is no data" : "there are Error and Cause alone";
  const offence = !lost ? whole : lost.error ? `${said} is { Error, Cause }` : `not there: ${said}`;
  const by = lost?.by ?? given;
  if (!by) {
    const message = `reads ${said}, which a Choice before it has found absent`;
    return violation("lost-data", message, `Let the Choice lead to a state that does without ${said}`, offence);
  }
  if (by.field === "unwritten") {
    const { path = "", writers = [] } = by;
    const others = writers.filter((writer) => writer !== state);
    const [last = "", ...first] = others.toReversed();
    const only = first.length === 0 ? `${last} writes` : `${first.reverse().join(", ")} and ${last} write`;
    const done = first.length === 0 ? "it has not" : "none of them has";
    const message = `reads ${said}, but only ${only} ${path}, and ${done} done so on this path`;
    return violation(
      "unwritten-data",
      message,
      `Write ${path} on each path to ${state}, or let ${state} do without it`,
      offence,
    );
  }
  const { message, hint } = mended(by, said, { reader: state, isWhole: lost === undefined });
  return violation(
    "lost-data",
    lost ? `reads ${said}, and ${message}` : `has no data to ${does} with: ${message}`,
    hint,
    offence,
  );
}

/** The message and the hint for dropped data. */
function mended(
  by: Origin,
  said: string,
  { reader, isWhole }: { readonly reader: string; readonly isWhole: boolean },
): { readonly message: string; readonly hint: string } {
  const who = by.state;
  const still = `so that ${reader} still has ${said}`;
  const put = by.jsonata
    ? "an Output that keeps the data, such as {% $states.input %}"
    : `a ResultPath, such as $.${fieldNamed(who)}`;
  switch (by.field) {
    case "Catch": {
      if (by.jsonata) {
        return {
          message: `${who}'s Catch puts out only { Error, Cause }`,
          hint: `Give ${who}'s Catch ${put}, or let ${reader} read a variable that is assigned before ${who}`,
        };
      }
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
        hint: `Give ${who} ${put}, ${still}`,
      };
    case "call":
      return {
        message: `the output of ${who} is only StatusCode, Payload and the like`,
        hint: `Give ${who} ${put}, ${still}`,
      };
    case "null":
      return {
        message: `${who} has an InputPath or OutputPath of null, which leaves nothing`,
        hint: `Leave it out of ${who}, ${still}`,
      };
    default: {
      const left = by.holds === "nothing" ? "nothing" : "only an error";
      return {
        message: `${who}'s ${by.field} has ${isWhole ? `left ${left} of the data` : "replaced the data, without it"}`,
        hint: isWhole && by.jsonata ? `Give ${who} ${put}, ${still}` : `Put it into ${who}'s ${by.field}, ${still}`,
      };
    }
  }
}

/** Whether the error replaces all data. */
const replacesAll = ({ path }: Origin): boolean => path === undefined || path === "$";

/** A field name for a path, made from the name of a state. */
const fieldNamed = (state: string): string => state.replace(/\W+/g, "_");
