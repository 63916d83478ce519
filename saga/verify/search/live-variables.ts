import { type Level, levelsOf, type Node, type Template, type Transition, transitionsOf } from "../machine";
import { type Position, positionsOf } from "./components";
import { withoutIndexes } from "./search-state";
import {
  fieldOf,
  isArray,
  isObject,
  lift,
  OneOf,
  OTHER_FIELDS,
  pathsIn,
  Unknown,
  UNKNOWN,
  type Value,
  withValues,
} from "./value";

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
  const lastFirst = new Map(levels.map((level) => [level, nodesOf(level, positions.get(level) as Positions)]));

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
      backwards(
        lastFirst.get(level) as readonly Node[],
        (node) => byState.get(node.name) as readonly string[],
        variablesOf,
      ),
    );
    inputs.set(level, inputsOf(level, lastFirst.get(level) as readonly Node[], { deciding, inner: inputs }));
  }

  const undoes = undoesAhead(machine, lastFirst);
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
  const touched = new WeakMap<Iterable<string>, Map<string, boolean>>();
  /** Whether the length of a list may still matter. */
  const isRead = (paths: Iterable<string>, values: readonly Value[]) => {
    const known = touched.get(paths) ?? new Map<string, boolean>();
    touched.set(paths, known);
    const isTouched = (list: string): boolean => {
      const found =
        known.get(list) ??
        [...paths].some((path) => touches(`${EXECUTION_INPUT}${path.slice(OF_EXECUTION.length)}`, list));
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
  const outermostOf = new WeakMap<ReadonlyMap<string, Value>, ReadonlyMap<string, Value>>();
  /** The lost records without those within another one that is certainly lost. */
  const outermost = (lost: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> => {
    const known = outermostOf.get(lost);
    if (known) return known;
    const certain = [...lost].flatMap(([name, is]) => (is === true ? [name] : []));
    const found = filtered(lost, (name) => {
      const holders = undoes.around.get(withoutIndexes(name)) ?? [];
      const isAround = (other: string): boolean =>
        holders.includes(withoutIndexes(other)) && indexes(name).startsWith(indexes(other));
      return !certain.some(isAround);
    });
    outermostOf.set(lost, found);
    return found;
  };
  const isHolder =
    (holders: ReadonlySet<string>) =>
    (name: string): boolean => {
      const holder = withoutIndexes(name);
      return holders.has(holder) || isCyclic.has(holder);
    };
  const commonHolders = new Map(levels.map((level) => [level, commonOf(level, undoes.around)]));
  /** The lost records within a level. If all that a level undoes is lost, only that matters. */
  const lostWithin = (level: Level, lost: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> => {
    const common = commonHolders.get(level) as readonly string[];
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
      const isWithin = (path: string): boolean => !level.top && (path.includes("[") || !/^input(\.[^[]*)?$/.test(path));
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
  at: (level: Level, state: string) => Iterable<string>,
): (level: Level, state: string) => ReadonlySet<string> {
  const after = new Map<Level, ReadonlySet<string>>();
  const of = (level: Level, state: string): ReadonlySet<string> =>
    new Set([...at(level, state), ...(after.get(level) ?? [])]);
  // Outer levels come first.
  for (const level of levels) {
    for (const node of level.nodes.values()) {
      if (node.inner.length === 0) continue;
      const next = transitionsOf(node).flatMap(({ to }) => (to === undefined ? [] : [...of(level, to)]));
      for (const inner of node.inner) after.set(inner, new Set([...next, ...(after.get(level) ?? [])]));
    }
  }
  const known = new Map<Level, Map<string, ReadonlySet<string>>>(levels.map((level) => [level, new Map()]));
  return (level, state) => {
    const byState = known.get(level) as Map<string, ReadonlySet<string>>;
    const found = byState.get(state) ?? of(level, state);
    byState.set(state, found);
    return found;
  };
}

/** The Parallel and Map states around every action that a level undoes, outermost first. */
function commonOf({ undoes }: Level, around: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const [first = [], ...others] = [...undoes].map((action) => around.get(action) ?? []);
  return first.filter((holder) => others.every((holders) => holders.includes(holder)));
}

/** The Parallel and Map states with an action that may still be undone. */
function undoesAhead(machine: Level, lastFirst: ReadonlyMap<Level, readonly Node[]>) {
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
  const at = new Map([...lastFirst].map(([level, nodes]) => [level, backwards(nodes, undone, () => [])]));
  return {
    around,
    ahead: ahead([...lastFirst.keys()], (level, state) => at.get(level)?.get(state) ?? NONE),
    within: (level: Level): ReadonlySet<string> => at.get(level)?.get(level.startAt) ?? NONE,
  };
}

/** For each state of a level, the fields of its input that it, or a later state, reads for a decision. "" is the whole input. */
function inputsOf(
  level: Level,
  lastFirst: readonly Node[],
  {
    deciding,
    inner,
  }: {
    readonly deciding: ReadonlySet<string>;
    readonly inner: ReadonlyMap<Level, ReadonlyMap<string, ReadonlySet<string>>>;
  },
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
    for (const node of lastFirst) {
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
      const rest = path.slice(field.length + 1);
      const known = byField.get(field);
      if (known) known.push(rest);
      else byField.set(field, [rest]);
    }
  }
  return { whole, fields: new Map([...byField].map(([field, rest]) => [field, fieldsAt(rest)])), known: new WeakMap() };
}

/** The values at some paths, in objects without other fields. */
function projected(variables: ReadonlyMap<string, Value>, { fields }: Fields): ReadonlyMap<string, Value> {
  const kept = new Map<string, Value>();
  variables.forEach((value, name) => {
    const of = fields.get(name);
    if (of) kept.set(name, narrowed(value, of));
  });
  return kept;
}

/** The same value where all of it is kept: then what is known of it is known of what is kept. */
function narrowed(value: Value, fields: Fields): Value {
  if (fields.whole || typeof value !== "object" || value === null || value instanceof Unknown) return value;
  const known = fields.known.get(value);
  if (known !== undefined) return known;
  const made =
    value instanceof OneOf
      ? withValues(
          value,
          value.values.map((one) => narrowed(one, fields)),
        )
      : isArray(value)
        ? narrowedItems(value, fields)
        : narrowedFields(value, fields);
  fields.known.set(value, made);
  return made;
}

function narrowedItems(items: readonly Value[], fields: Fields): readonly Value[] {
  const made = items.map((item) => narrowed(item, fields));
  return made.every((item, index) => item === items[index]) ? items : made;
}

function narrowedFields(value: { readonly [key: string]: Value }, { fields }: Fields): Value {
  const others = value[OTHER_FIELDS];
  if (others instanceof Unknown) return partsOf(value, others, fields);
  const made: { [key: string]: Value } = {};
  let same = true;
  for (const key of Object.keys(value)) {
    const of = fields.get(key);
    const found = of && withoutNothing(narrowed(value[key], of), of);
    if (found !== undefined) made[key] = found;
    same &&= found !== undefined && found === value[key];
  }
  return same ? value : made;
}

/** The same for an object of which only some fields are known. */
function partsOf(value: { readonly [key: string]: Value }, others: Unknown, fields: Fields["fields"]): Value {
  // If it changes none of the fields that are read, it is the value that it was made from.
  if (![...fields.keys()].some((field) => Object.hasOwn(value, field))) return others;
  const made: { [key: string]: Value } = {};
  for (const [field, of] of fields) {
    const found = withoutNothing(narrowed(fieldOf(value, field), of), of);
    if (found !== undefined) made[field] = found;
  }
  return made;
}

/** An absent value in place of one that has none of the fields, if nothing else of it is read. */
function withoutNothing(value: Value, fields: Fields): Value {
  if (fields.whole) return value;
  if (value instanceof OneOf) return lift(value, (one) => withoutNothing(one, fields));
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

type Positions = ReadonlyMap<string, Position>;

/** The states of a level in the reverse order: each before those that lead to it, unless they are in a loop. */
function nodesOf({ nodes }: Level, positions: Positions): readonly Node[] {
  const rank = ({ name }: Node): number => positions.get(name)?.rank ?? -1;
  return [...nodes.values()].sort((one, other) => rank(other) - rank(one));
}

/**
 * For each state, the names that it or a later state reads, without those that a state in between assigns.
 * @param nodes The states of a level. One pass is enough if each comes before those that lead to it.
 */
function backwards(
  nodes: readonly Node[],
  readsOf: (node: Node) => readonly string[],
  assignsOf: (transition: ReturnType<typeof transitionsOf>[number]) => readonly string[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const before = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const { to } of transitionsOf(node)) {
      const known = to === undefined ? undefined : before.get(to);
      if (known) known.push(node);
      else if (to !== undefined) before.set(to, [node]);
    }
  }
  const at = new Map<string, Set<string>>(nodes.map(({ name }) => [name, new Set()]));
  const changed = new Set(nodes);
  // A set goes on to what is added to it while it is gone through.
  for (const node of changed) {
    changed.delete(node);
    const known = at.get(node.name) as Set<string>;
    const size = known.size;
    for (const name of readsOf(node)) known.add(name);
    for (const transition of transitionsOf(node)) {
      const after = transition.to === undefined ? undefined : at.get(transition.to);
      const assigned = assignsOf(transition);
      after?.forEach((path) => {
        if (assigned.length === 0 || !assigned.includes(rootOf(path))) known.add(path);
      });
    }
    if (known.size > size) for (const each of before.get(node.name) ?? []) changed.add(each);
  }
  return at;
}
