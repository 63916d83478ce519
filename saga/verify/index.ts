import { type Budgets, budgetsOf } from "./budget";
import type { Declaration } from "../asl/declaration";
import { readDefinition } from "../asl/definition";
import { inOrder } from "./causes";
import { forgetExpressions } from "./expression";
import { HINTS } from "./search/hints";
import { lostData } from "./dataflow/lost-data";
import { readMachine } from "./machine";
import { recordFlaws } from "./recorded-step";
import { type Rule, RULES, type Violation } from "./rules";
import { Search, type SearchOptions } from "./search/search";
import type { RawStates } from "../asl/states";
import { flawsOf } from "./static";
import { type Unproved, unprovedOf } from "./unproved";
import { linesOf, pathOf } from "./search/trace";

/** The result of a verification. */
export interface Verdict {
  readonly saga: string;
  /** Whether there are no violations. */
  readonly sound: boolean;
  /** Rules that hold on every path. */
  readonly proved: readonly Rule[];
  /** Rules that are neither proved nor broken, and why. */
  readonly unproved: readonly Unproved[];
  readonly violations: readonly Violation[];
  /** The number of states that the search has visited. */
  readonly states: number;
  /** Whether the machine is in JSONPath mode. The verifier then reads no payloads, and knows only values that the machine writes. */
  readonly controlFlowOnly: boolean;
  /** The maximum cost of each outcome. */
  readonly budgets: Budgets;
}

/** More search states than a machine of 1 MB needs, unless it has unusual loops. */
const LIMIT = 2_000_000;
/** The seconds that a user is likely to wait in a deployment. */
const SECONDS = 20;

/** Rules that the search checks on every path. If it has cut a path off, it has not proved them. */
const OF_PATHS: ReadonlySet<Rule> = new Set(["S1", "S2", "S5", "S6", "S9", "S10", "S11", "S13"]);

/** Rules that depend on expressions. */
const OF_EXPRESSIONS: ReadonlySet<Rule> = new Set(["S7", "S11"]);

/**
 * Verifies that a definition keeps the rules on every path, under every failure that its Retry and Catch can tell apart. Any
 * tool may have written the definition.
 *
 * @param definition The definition as CreateStateMachine takes it. In JSONPath mode the verifier checks the control flow,
 * and whether data reaches the states that read it.
 * @param declaration Which state undoes which.
 * @throws DefinitionError if the definition is no state machine
 * @throws SearchLimitError if the search exceeds its limit of states, time or memory
 */
export function verify(
  definition: RawStates,
  declaration: Declaration,
  { onProgress, limit = LIMIT, seconds = SECONDS }: Partial<SearchOptions> = {},
): Verdict {
  forgetExpressions();
  const machine = readMachine(readDefinition(definition), declaration);
  const search = new Search(machine, { onProgress, limit, seconds });
  search.run();
  const flaws = [...flawsOf(definition, machine, declaration), ...recordFlaws(definition)].map((flaw): Violation => ({
    ...flaw,
    counterexample: [],
    path: [],
  }));
  const found = [...search.found.values()].map(({ traces, ...rest }): Violation => {
    const path = pathOf(traces);
    const counterexample = OF_ONE_STATE.has(rest.kind) ? [] : linesOf(path);
    return { ...rest, ...causedByRetry(rest.rule, rest.message, path), counterexample, path };
  });
  const never: readonly Violation[] = search.completes || search.truncated ? [] : [NEVER];
  const lost = lostData(definition, declaration);
  const violations = inOrder([...found, ...flaws, ...lost.violations, ...never]);
  const broken = new Set(violations.map(({ rule }) => rule));
  const controlFlowOnly = (definition as { QueryLanguage?: unknown }).QueryLanguage !== "JSONata";
  const unproved: readonly Unproved[] = [
    ...(controlFlowOnly ? [...OF_EXPRESSIONS].map((rule) => ({ rule, why: JSONPATH, hint: TO_JSONATA })) : []),
    ...(controlFlowOnly ? [{ rule: "assignment", why: DATA, hint: TO_JSONATA } as const] : []),
    ...(lost.truncated ? [{ rule: "assignment", why: DATA_TRUNCATED } as const] : []),
    ...(search.truncated ? [...OF_PATHS].map((rule) => ({ rule, why: TRUNCATED, hint: REPAIR })) : []),
    ...unprovedOf(definition, machine),
    ...search.doubted,
  ].filter(({ rule }) => !broken.has(rule));
  const open = new Set(unproved.map(({ rule }) => rule));
  return {
    saga: declaration.saga,
    sound: violations.length === 0,
    proved: rules.filter((rule) => !broken.has(rule) && !open.has(rule)),
    unproved,
    violations,
    states: search.states,
    controlFlowOnly,
    budgets: budgetsOf(machine, controlFlowOnly),
  };
}

/** Rules that are about effects: a further round of branches may hide those of the round before. */
const OF_EFFECTS: ReadonlySet<Rule> = new Set(["S1", "S2", "S10"]);

/**
 * What a violation is told as if it needs a Retry that runs branches again: the shortest path to it has one, so without the
 * Retry there is none, or a longer one, which is found then.
 */
function causedByRetry(rule: Rule, message: string, path: Violation["path"]): Partial<Violation> {
  const holder = path.find(({ again }) => again)?.state;
  if (holder === undefined || !OF_EFFECTS.has(rule)) return {};
  const { kind, text } = HINTS.branchesAgain(holder);
  return { kind, message: `after ${holder}'s Retry, ${message}`, hint: text };
}

const JSONPATH = "values in JSONPath mode are unknown";
const DATA = "in JSONPath mode the fields of the input and of results are unknown";
const DATA_TRUNCATED = "there is data of too many shapes to follow";
const TRUNCATED = "not searched past the first violation";

const TO_JSONATA = "Write the machine in JSONata mode";
const REPAIR = "Repair the violations, and verify again";

const NEVER: Violation = {
  rule: "S6",
  kind: "never-completes",
  state: undefined,
  message: "no path completes the saga",
  hint: "Let the last step end the execution",
  counterexample: [],
  path: [],
};

const rules = Object.keys(RULES) as Rule[];
/** Violations that one state shows on any path. */
const OF_ONE_STATE: ReadonlySet<string> = new Set([
  "bookkeeping",
  "data-limit",
  "fails",
  "cause",
  "default",
  "undeclared",
  "second-undo",
  "release",
]);

export type { Budgets, OutcomeBudget } from "./budget";
export { HISTORY_LIMIT } from "./budget";
export { type Declaration, DeclarationError, type DeclaredCall, readDeclaration } from "../asl/declaration";
export { DefinitionError, readDefinition } from "../asl/definition";
export type { PayloadBudget } from "./payload-headroom";
export { type EffectChange, type PathEvent, type Rule, RULES, type Violation } from "./rules";
export { storiesOf, type Story } from "./stories";
export { undeclaredIn } from "./undeclared";
export type { Unproved } from "./unproved";
export { SearchLimitError } from "./search/context";
export type { RawStates } from "../asl/states";
