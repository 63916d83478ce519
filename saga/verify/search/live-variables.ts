import { type Level, levelsOf, type Node, type Template, type Transition, transitionsOf } from "../machine";
import { type Position, positionsOf } from "./components";
import { withoutIndexes } from "./search-state";
import { fieldOf, isArray, isObject, OneOf, oneOf, OTHER_FIELDS, pathsIn, Unknown, UNKNOWN, type Value } from "./value";

/** The data of a search state. */
export interface Data {
  readonly variables: ReadonlyMap<string, Value>;
  readonly input: Value;
  readonly lengths: ReadonlyMap<string, Value>;
  readonly lost: ReadonlyMap<string, Value>;
}

/** The data on which the path of an execution depends, for each state. The search forgets all other data. */
export interface LiveVariables {
  /** The position of a state in its level. Undefined if it does not exist or is unreachable. */
  readonly position: (level: Level, state: string) => Position | undefined;
  /** Whether a state, or one after it, reads a variable for a decision. */
  readonly isLive: (level: Level, state: string, variable: string) => boolean;
  /** Whether a Cause reads a variable, and no decision does. */
  readonly isTold: (variable: string) => boolean;
  /** Whether a state, or a later one with the same input, reads its input for a decision. */
  readonly readsInput: (level: Level, state: string) => boolean;
  /** The data on which a state, or one after it, depends. */
  readonly project: (level: Level, state: string, data: Data) => Data;
  /** The data around a level on which the level depends. Levels with equal data and start have equal ends. */
  readonly given: (level: Level, data: Data) => Data;
}

const rootOf = (path: string): string => (path.includes(".") ? path.slice(0, path.indexOf(".")) : path);

/** The paths of the execution's input and of a state's input in `$states`. */
const OF_EXECUTION = "states.context.Execution.Input";
const OF_STATE = "states.input";
/** The search's own path for the execution's input. */
const EXECUTION_INPUT = "input";

export function liveVariablesOf(machine: Level): LiveVariables {
  const levels = levelsOf(machine);
  const deciding = readVariables(levels, true);
  const telling = readVariables(levels, false);
  const reads = new Map<Level, readonly string[]>();
  const live = new Map<Level, ReadonlyMap<string, ReadonlySet<string>>>();
  const inputs = new Map<Level, ReadonlyMap<string, ReadonlySet<string>>>();
  const positions = new Map(levels.map((level) => [level, positionsOf(level)]));

  // Inner levels come first: the state that holds a level reads what the level reads.
  for (const level of levels.toReversed()) {
    const own = (node: Node): readonly string[] => [
      ...decisionsOf(level, node, telling).flatMap(({ paths }) => paths),
      ...node.inner.flatMap((inner) => reads.get(inner) as readonly string[]),
    ];
    const byState = new Map([...level.nodes].map(([name, node]) => [name, own(node)]));
    const assigned = new Set([...level.nodes.values()].flatMap((node) => transitionsOf(node)).flatMap(variablesOf));
    const outside = [...byState.values()].flat().filter((path) => !assigned.has(rootOf(path)) && !isOfState(path));
    reads.set(level, [...new Set(outside)]);
    live.set(
      level,
      backwards(level, (node) => byState.get(node.name) as readonly string[], variablesOf),
    );
    inputs.set(level, inputsOf(level, deciding, inputs));
  }

  const undoes = undoesAhead(machine, levels);
  const executionInput = ahead(levels, (level, state) =>
    [...(live.get(level)?.get(state) ?? NONE)].flatMap((path) => (path.startsWith(OF_EXECUTION) ? [path] : [])),
  );
  const fields = new Map<ReadonlySet<string>, Fields>();
  const fieldsOf = (paths: ReadonlySet<string>): Fields => {
    const known = fields.get(paths) ?? fieldsAt(paths);
    fields.set(paths, known);
    return known;
  };
  const given = new Map(levels.map((level) => [level, fieldsAt(reads.get(level) as readonly string[])]));
  const inputsGiven = new Map(
    [...reads].map(([level, paths]) => [level, paths.filter((path) => path.startsWith(OF_EXECUTION))]),
  );
  const narrowedInput = (level: Level, state: string, input: Value): Value => {
    const paths = inputs.get(level)?.get(state) ?? NONE;
    return paths.size > 0 ? narrowed(input, fieldsOf(paths)) : UNKNOWN;
  };
  const touched = new WeakMap<readonly string[], Map<string, boolean>>();
  /** Whether the length of a list may still matter. */
  const isRead = (paths: readonly string[], values: readonly Value[]) => {
    const known = touched.get(paths) ?? new Map<string, boolean>();
    touched.set(paths, known);
    const isTouched = (list: string): boolean => {
      const found =
        known.get(list) ?? paths.some((path) => touches(`${EXECUTION_INPUT}${path.slice(OF_EXECUTION.length)}`, list));
      known.set(list, found);
      return found;
    };
    const reads = (list: string): boolean => isTouched(list) || values.some((value) => leadsTo(value, list));
    // The path of a test contains the paths that it reads.
    return (of: string): boolean =>
      of.startsWith("(") ? (of.match(/\binput[\w.[\]]*/g) ?? []).some(reads) : reads(of);
  };
  const isCyclic = new Set(
    [...positions.values()].flatMap((byState) => [...byState].flatMap(([name, { cyclic }]) => (cyclic ? [name] : []))),
  );
  /** The lost records without those within another one that is certainly lost. */
  const outermost = (lost: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> =>
    filtered(lost, (name) => {
      const holders = undoes.around.get(withoutIndexes(name)) ?? [];
      const isAround = (other: string): boolean => {
        const holder = withoutIndexes(other);
        return holders.includes(holder) && indexes(name).startsWith(indexes(other));
      };
      return ![...lost].some(([other, is]) => is === true && isAround(other));
    });
  const isHolder =
    (holders: readonly string[]) =>
    (name: string): boolean =>
      holders.includes(withoutIndexes(name)) || isCyclic.has(withoutIndexes(name));
  /** The lost records within a level. If all that a level undoes is lost, only that matters. */
  const lostWithin = (level: Level, lost: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> => {
    const [first, ...others] = [...level.undoes].map((action) => undoes.around.get(action) ?? []);
    const common = (first ?? []).filter((holder) => others.every((holders) => holders.includes(holder)));
    const isWhole = [...lost].some(([name, is]) => is === true && common.includes(withoutIndexes(name)));
    const whole = isWhole ? common[0] : undefined;
    return whole === undefined ? lost : new Map([[whole, true]]);
  };
  return {
    position: (level, state) => positions.get(level)?.get(state),
    isTold: (variable) => !deciding.has(variable),
    isLive: (level, state, variable) => fieldsOf(live.get(level)?.get(state) ?? NONE).fields.has(variable),
    readsInput: (level, state) => (inputs.get(level)?.get(state)?.size ?? 0) > 0,
    given: (level, { variables, input, lengths, lost }) => {
      const kept = projected(variables, given.get(level) as Fields);
      const left = narrowedInput(level, level.startAt, input);
      const read = inputsGiven.get(level) as readonly string[];
      return {
        variables: kept,
        input: left,
        lengths: filtered(lengths, isRead(read, [left, ...kept.values()])),
        lost: lostWithin(level, filtered(outermost(lost), isHolder(undoes.within(level)))),
      };
    },
    project: (level, state, { variables, input, lengths, lost }) => {
      const kept = projected(variables, fieldsOf(live.get(level)?.get(state) ?? NONE));
      const left = narrowedInput(level, state, input);
      const read = isRead(executionInput(level, state), [left, ...kept.values()]);
      // A list within an item may be handed on to the levels around, which may read it.
      const isWithin = (path: string): boolean => !level.top && !/^input(\.[^[]*)?$/.test(path);
      return {
        variables: kept,
        input: left,
        lengths: filtered(lengths, (path) => isWithin(path) || read(path)),
        lost: filtered(outermost(lost), isHolder(undoes.ahead(level, state))),
      };
    },
  };
}

const indexes = (name: string): string => name.slice(withoutIndexes(name).length);

/** The map with some of its entries. The same map if it keeps all. */
function filtered(values: ReadonlyMap<string, Value>, keep: (name: string) => boolean): ReadonlyMap<string, Value> {
  let kept: Map<string, Value> | undefined;
  for (const [name, value] of values) {
    if (value === undefined || !keep(name)) (kept ??= new Map(values)).delete(name);
  }
  return kept ?? values;
}

/** Whether one of two paths leads to the other. */
const touches = (one: string, other: string): boolean =>
  [
    [one, other],
    [other, one],
  ].some(
    ([whole = "", part = ""]) => whole === part || (whole.startsWith(part) && /^[.[]/.test(whole.slice(part.length))),
  );

/** Whether an unknown part of a value is at a path, or contains it. */
function leadsTo(value: Value, path: string): boolean {
  for (const of of pathsIn(value)) if (path.startsWith(of) && /^([.[]|$)/.test(path.slice(of.length))) return true;
  return false;
}

const isOfState = (path: string): boolean => path === "states" || path === OF_STATE || path.startsWith(`${OF_STATE}.`);

/** The results for each state of what holds of it, or of a state that may follow it, in the levels around it too. */
function ahead(
  levels: readonly Level[],
  at: (level: Level, state: string) => readonly string[],
): (level: Level, state: string) => readonly string[] {
  const after = new Map<Level, readonly string[]>();
  const of = (level: Level, state: string): readonly string[] => [
    ...new Set([...at(level, state), ...(after.get(level) ?? [])]),
  ];
  // Outer levels come first.
  for (const level of levels) {
    for (const node of level.nodes.values()) {
      const next = transitionsOf(node).flatMap(({ to }) => (to === undefined ? [] : of(level, to)));
      for (const inner of node.inner) after.set(inner, [...new Set([...next, ...(after.get(level) ?? [])])]);
    }
  }
  const known = new Map<Level, Map<string, readonly string[]>>(levels.map((level) => [level, new Map()]));
  return (level, state) => {
    const byState = known.get(level) as Map<string, readonly string[]>;
    const found = byState.get(state) ?? of(level, state);
    byState.set(state, found);
    return found;
  };
}

/** The Parallel and Map states with an action that may still be undone. */
function undoesAhead(machine: Level, levels: readonly Level[]) {
  const around = new Map<string, string[]>();
  const note = (level: Level, holders: readonly string[]): void => {
    for (const { name, inner } of level.nodes.values()) {
      if (holders.length > 0) around.set(name, [...(around.get(name) ?? []), ...holders]);
      for (const each of inner) note(each, [...holders, name]);
    }
  };
  note(machine, []);
  const undone = (node: Node): readonly string[] =>
    node.part?.kind === "undo"
      ? [...node.part.of, ...node.part.releases].flatMap((action) => around.get(action) ?? [])
      : node.inner.flatMap(({ undoes }) => [...undoes].flatMap((action) => around.get(action) ?? []));
  const at = new Map(levels.map((level) => [level, backwards(level, undone, () => [])]));
  return {
    around,
    ahead: ahead(levels, (level, state) => [...(at.get(level)?.get(state) ?? [])]),
    within: (level: Level): readonly string[] => [...(at.get(level)?.get(level.startAt) ?? [])],
  };
}

/** For each state of a level, the fields of its input that it, or a later state, reads for a decision. "" is the whole input. */
function inputsOf(
  level: Level,
  deciding: ReadonlySet<string>,
  inner: ReadonlyMap<Level, ReadonlyMap<string, ReadonlySet<string>>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const read = new Map<string, Set<string>>([...level.nodes.keys()].map((name) => [name, new Set()]));
  const handedOn = ({ raw }: Node, { to, output }: Transition): Iterable<string> => {
    const wanted = to === undefined ? (level.hasReader ? ALL : NONE) : (read.get(to) ?? NONE);
    if (wanted.size === 0) return NONE;
    if (output ? output.isInput : PASSING.has(raw.Type)) return wanted;
    if (output?.dependsOn) return output.dependsOn(wanted);
    return output ? inputPaths(output) : NONE;
  };
  const reads = (node: Node): readonly string[] => {
    const { raw, next, given } = node;
    const within = node.inner.flatMap((each) => [...(inner.get(each)?.get(each.startAt) ?? NONE)]);
    return [
      ...directlyOf(node, deciding).flatMap(inputPaths),
      ...(within.length === 0 ? [] : given ? inputPaths(given) : raw.Type === "Parallel" ? within : []),
      ...transitionsOf(node).flatMap((transition) => [...handedOn(node, transition)]),
      ...(raw.Type === "Succeed" ? handedOn(node, { ...next, to: undefined }) : NONE),
    ];
  };
  for (let changed = true; changed;) {
    changed = false;
    // The successors of a state usually come after it in the list, so the reverse order converges quickly.
    for (const node of [...level.nodes.values()].reverse()) {
      const known = read.get(node.name) as Set<string>;
      const before = known.size;
      for (const path of reads(node)) known.add(path);
      changed ||= known.size > before;
    }
  }
  return read;
}

/** The fields of the state's input that a template reads. */
const inputPaths = ({ paths }: Template): readonly string[] =>
  paths.flatMap((path) => (isOfState(path) ? [path.slice(OF_STATE.length + 1)] : []));

/** Types of states that put out their input if they have no Output. */
const PASSING: ReadonlySet<string> = new Set(["Succeed", "Pass", "Choice", "Wait"]);
const ALL: ReadonlySet<string> = new Set([""]);

/** Some fields of a value, with fields of theirs; or the whole value. */
interface Fields {
  readonly whole: boolean;
  readonly fields: ReadonlyMap<string, Fields>;
  /** A cache of values that are already reduced to them. */
  readonly known: WeakMap<object, Value>;
}

function fieldsAt(paths: Iterable<string>): Fields {
  const byField = new Map<string, string[]>();
  let whole = false;
  for (const path of paths) {
    if (path === "") whole = true;
    else {
      const field = rootOf(path);
      byField.set(field, [...(byField.get(field) ?? []), path.slice(field.length + 1)]);
    }
  }
  return { whole, fields: new Map([...byField].map(([field, rest]) => [field, fieldsAt(rest)])), known: new WeakMap() };
}

/** The values at some paths, in objects without other fields. */
function projected(variables: ReadonlyMap<string, Value>, { fields }: Fields): ReadonlyMap<string, Value> {
  const kept = [...variables].flatMap(([name, value]): readonly (readonly [string, Value])[] => {
    const of = fields.get(name);
    return of ? [[name, narrowed(value, of)]] : [];
  });
  return new Map(kept);
}

function narrowed(value: Value, fields: Fields): Value {
  if (fields.whole || typeof value !== "object" || value === null || value instanceof Unknown) return value;
  const known = fields.known.get(value);
  if (known !== undefined) return known;
  const inner = (of: Value): Value => narrowed(of, fields);
  const others = isObject(value) ? value[OTHER_FIELDS] : undefined;
  // If it changes none of the fields that are read, it is the value that it was made from.
  if (isObject(value) && others instanceof Unknown && ![...fields.fields.keys()].some((field) => field in value)) {
    return others;
  }
  const made =
    value instanceof OneOf
      ? oneOf(value.name, value.values.map(inner))
      : isArray(value)
        ? value.map(inner)
        : Object.fromEntries(
            [...fields.fields].flatMap(([field, of]): readonly (readonly [string, Value])[] => {
              const found = isObject(value) ? withoutNothing(narrowed(fieldOf(value, field), of), of) : undefined;
              return found === undefined ? [] : [[field, found]];
            }),
          );
  fields.known.set(value, made);
  return made;
}

/** An absent value in place of one that has none of the fields, if nothing else of it is read. */
function withoutNothing(value: Value, fields: Fields): Value {
  if (fields.whole) return value;
  if (value instanceof OneOf) {
    return oneOf(
      value.name,
      value.values.map((one) => withoutNothing(one, fields)),
    );
  }
  return isObject(value) && Object.keys(value).length === 0 ? undefined : value;
}

const NONE: ReadonlySet<string> = new Set();
const variablesOf = ({ assigns }: { assigns: readonly (readonly [string, unknown])[] }): readonly string[] =>
  assigns.map(([variable]) => variable);

/** The values by which a state decides, or on which a decision elsewhere may depend: inputs and outputs of branches. */
function decisionsOf(level: Level, node: Node, deciding: ReadonlySet<string>): readonly Template[] {
  return [
    ...directlyOf(node, deciding),
    ...(node.given ? [node.given] : []),
    ...(level.top ? [] : transitionsOf(node).flatMap(({ output }) => (output ? [output] : []))),
  ];
}

function directlyOf(node: Node, deciding: ReadonlySet<string>): readonly Template[] {
  return [
    ...node.choices.map(({ condition }) => condition),
    ...(node.items ? [node.items] : []),
    ...(node.identity ? [node.identity] : []),
    ...(node.cause ? [node.cause] : []),
    ...transitionsOf(node).flatMap(({ assigns }) =>
      assigns.flatMap(([name, value]) => (deciding.has(name) ? [value] : [])),
    ),
  ];
}

/** The variables on which a decision depends, directly or by an assignment, and those in a Cause. */
function readVariables(levels: readonly Level[], decisionsAlone: boolean): ReadonlySet<string> {
  const deciding = new Set<string>();
  for (let before = -1; before !== deciding.size;) {
    before = deciding.size;
    for (const level of levels) {
      for (const node of level.nodes.values()) {
        for (const template of decisionsOf(level, node, deciding)) {
          const { paths } = template;
          if (decisionsAlone && template === node.cause) continue;
          for (const path of paths) deciding.add(rootOf(path));
        }
      }
    }
  }
  return deciding;
}

/** For each state, the names that it or a later state reads, without those that a state in between assigns. */
function backwards(
  level: Level,
  readsOf: (node: Node) => readonly string[],
  assignsOf: (transition: ReturnType<typeof transitionsOf>[number]) => readonly string[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const before = new Map<string, Node[]>();
  for (const node of level.nodes.values()) {
    for (const { to } of transitionsOf(node)) if (to !== undefined) before.set(to, [...(before.get(to) ?? []), node]);
  }
  const at = new Map<string, Set<string>>([...level.nodes].map(([name]) => [name, new Set()]));
  const changed = [...level.nodes.values()];
  for (let node = changed.pop(); node; node = changed.pop()) {
    const known = at.get(node.name) as Set<string>;
    const size = known.size;
    for (const name of readsOf(node)) known.add(name);
    for (const transition of transitionsOf(node)) {
      const assigned = new Set(assignsOf(transition));
      for (const name of (transition.to === undefined ? undefined : at.get(transition.to)) ?? []) {
        if (!assigned.has(name)) known.add(name);
      }
    }
    if (known.size > size) changed.push(...(before.get(node.name) ?? []));
  }
  return at;
}
