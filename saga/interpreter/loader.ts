import type { Machine, Sequence, State } from "./definition";
import { DefinitionError } from "./errors";
import { Fields, isPositiveInteger } from "./fields";
import { byteSize, isObject, type Json } from "./json";
import { readQueryLanguage, readState } from "./state-loader";

const MAX_DEFINITION_BYTES = 1024 * 1024;
const MAX_STATE_NAME_LENGTH = 80;

export interface LoadOptions {
  /** TestState runs one state with its inner states mocked, so these are neither checked nor read. */
  readonly skipInnerStates?: boolean;
}

/** The surroundings of the states that are read. */
export interface LoadContext {
  readonly queryLanguage: string;
  readonly stateNames: Set<string>;
  /** Variables that an enclosing sequence assigns: an inner scope may read them, but not assign them. */
  readonly outerVariables: ReadonlySet<string>;
  readonly options: LoadOptions;
}

/**
 * Checks a definition and prepares it to run. Refuses (`DefinitionError`) what CreateStateMachine would refuse and what
 * this interpreter does not implement, so that nothing is ever run wrongly.
 */
export function loadMachine(definition: unknown, options: LoadOptions = {}): Machine {
  const fields = Fields.of(definition as Json, "");
  if (byteSize(definition as Json) > MAX_DEFINITION_BYTES) {
    throw new DefinitionError("DEFINITION_TOO_LARGE", "", "The definition is larger than 1 MB");
  }
  const queryLanguage = readQueryLanguage(fields) ?? "JSONPath";
  const timeoutSeconds = fields.number("TimeoutSeconds", isPositiveInteger, "a positive integer");
  fields.optionalString("Comment");
  fields.optionalString("Version");
  const sequence = readSequence(fields, {
    queryLanguage,
    stateNames: new Set(),
    outerVariables: new Set(),
    options,
  });
  fields.allowOnly(["Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"]);
  return timeoutSeconds === undefined ? sequence : { ...sequence, timeoutSeconds };
}

/** Reads the StartAt and States of a machine, a branch or an ItemProcessor. */
export function readSequence(fields: Fields, context: LoadContext): Sequence {
  const startAt = fields.string("StartAt");
  const statesFields = Fields.of(fields.json("States") ?? fields.missing("States"), `${fields.location}/States`);
  const names = statesFields.names();
  if (names.length === 0) fields.refuse("States", "Expected at least one state");

  const assigned = new Map(names.map((name) => [name, assignedBy(statesFields.json(name))]));
  for (const [name, { byState, byCatch }] of assigned) {
    for (const variable of [...byState, ...byCatch]) {
      if (context.outerVariables.has(variable)) {
        statesFields.refuse(name, `Variable '${variable}' is assigned in an outer scope already`, "VARIABLE_SCOPE");
      }
    }
  }

  const states: { [name: string]: State } = {};
  for (const name of names) {
    const stateFields = Fields.of(statesFields.json(name), `${statesFields.location}/${name}`);
    if (name.length > MAX_STATE_NAME_LENGTH) {
      stateFields.refuse("", `State name exceeds the maximum length of ${MAX_STATE_NAME_LENGTH}`);
    }
    if (context.stateNames.has(name)) {
      stateFields.refuse("", `State name '${name}' is used more than once`, "DUPLICATE_STATE_NAME");
    }
    context.stateNames.add(name);
    // The guide forbids the same variable name in nested scopes. A recording of the service shows an exception: the
    // branches of a Parallel may assign the variables that its own Catch assigns.
    const outer = [...assigned].flatMap(([other, by]) =>
      other === name ? by.byState : [...by.byState, ...by.byCatch],
    );
    const outerVariables = new Set([...context.outerVariables, ...outer]);
    states[name] = readState(name, stateFields, { ...context, outerVariables });
  }
  checkTransitions(fields, startAt, states);
  return { startAt, states };
}

function assignedBy(state: Json | undefined): { byState: string[]; byCatch: string[] } {
  const variables = (rule: Json | undefined): string[] =>
    isObject(rule) && isObject(rule["Assign"]) ? Object.keys(rule["Assign"]) : [];
  const ofRules = (rules: Json | undefined): string[] => (Array.isArray(rules) ? rules.flatMap(variables) : []);
  if (!isObject(state)) return { byState: [], byCatch: [] };
  return { byState: [...variables(state), ...ofRules(state["Choices"])], byCatch: ofRules(state["Catch"]) };
}

function checkTransitions(fields: Fields, startAt: string, states: { [name: string]: State }): void {
  const check = (target: string, from: string): void => {
    if (!Object.hasOwn(states, target)) {
      fields.refuse(from, `Missing 'Next' target: ${target}`, "MISSING_TRANSITION_TARGET");
    }
  };
  check(startAt, "StartAt");
  const reached = new Set<string>();
  const pending = [startAt];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    const state = states[name];
    if (!state) continue;
    for (const [target, field] of targetsOf(state)) {
      check(target, `States/${name}/${field}`);
      pending.push(target);
    }
  }
  for (const name of Object.keys(states)) {
    if (!reached.has(name)) fields.refuse(`States/${name}`, `State '${name}' is not reachable`, "UNREACHABLE_STATE");
  }
}

function targetsOf(state: State): [target: string, field: string][] {
  const targets: [string, string][] = state.next === undefined ? [] : [[state.next, "Next"]];
  if (state.type === "Choice") {
    state.choices.forEach((rule, index) => targets.push([rule.next, `Choices[${index}]/Next`]));
    if (state.default !== undefined) targets.push([state.default, "Default"]);
  }
  if ("catch" in state) state.catch.forEach((catcher, index) => targets.push([catcher.next, `Catch[${index}]/Next`]));
  return targets;
}
