import { type Ast, expressionIn } from "./expression";
import type { Type } from "./facts";
import { isTime, rangeOf } from "./ranges";
import { LONGEST } from "./structure";
import type { RawState } from "../asl/states";

/** The types that a field takes. Undefined for any type. */
export function wanted(path: string): readonly Type[] | undefined {
  if (/^Choices\[\d+\]\/Condition$/.test(path)) return ["boolean"];
  switch (path) {
    case "Seconds":
    case "TimeoutSeconds":
    case "HeartbeatSeconds":
    case "MaxConcurrency":
      return ["number"];
    case "Timestamp":
    case "Error":
    case "Cause":
      return ["string"];
    case "Items":
      return ["array", "object"];
    default:
      return undefined;
  }
}

/** Why a field may refuse the number or the time that an expression yields. The expression is known to yield one. */
export function refusedBy(
  state: RawState,
  path: string,
  ast: Ast,
): { readonly why: string; readonly hint: string } | undefined {
  if (path === "Timestamp") {
    if (isTime(ast)) return undefined;
    const hint = "Use $now(), or test it with $contains and the pattern of saga/asl/times.ts";
    return { why: "it may yield a text that is no time", hint };
  }
  const limits = limitsOf(state, path);
  if (!limits) return undefined;
  const [first, last] = limits;
  const { least, most, whole } = rangeOf(ast);
  if (whole && first <= least && most <= last) return undefined;
  const takes = `a whole number from ${first.toLocaleString("en")} to ${last.toLocaleString("en")}`;
  return {
    why: `it may yield something else than ${takes}`,
    hint: "Keep it in bounds, as in x < 1 or x > 60 ? 60 : $floor(x)",
  };
}

/** The least and the largest whole number that a field takes. A heartbeat is shorter than the timeout beside it. */
function limitsOf(state: RawState, path: string): readonly [least: number, most: number] | undefined {
  const { TimeoutSeconds, HeartbeatSeconds } = state;
  switch (path) {
    case "Seconds":
    case "MaxConcurrency":
      return [0, LONGEST];
    case "TimeoutSeconds":
      return [typeof HeartbeatSeconds === "number" ? HeartbeatSeconds + 1 : 1, LONGEST];
    case "HeartbeatSeconds": {
      const timeout = typeof TimeoutSeconds === "number" ? TimeoutSeconds : leastOf(TimeoutSeconds);
      // A timeout without a lower bound is a finding of its own.
      return [1, timeout > 1 ? timeout - 1 : LONGEST];
    }
    default:
      return undefined;
  }
}

function leastOf(value: unknown): number {
  const ast = expressionIn(value);
  return ast ? rangeOf(ast).least : LONGEST;
}
