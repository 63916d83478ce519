import { type Level, levelsOf, type Node, type Template, type Transition, transitionsOf } from "../machine";
import { isObject, type Value } from "./value";

/** Which variables decide where a machine goes, and where they still do: all others the search may forget. */
export interface LiveVariables {
  /** The variables of a level that a state, or one after it, reads for a decision. */
  readonly at: (level: Level, state: string) => ReadonlySet<string>;
  /** What a level reads of the variables around it, and nothing else of them: so that levels that begin alike are seen to. */
  readonly given: (level: Level, variables: ReadonlyMap<string, Value>) => ReadonlyMap<string, Value>;
  /** Whether a state, or one that is handed the same, reads its input for a decision. */
  readonly readsInput: (level: Level, state: string) => boolean;
  /** Whether a list is still to be gone through at this state or after it. */
  readonly listsAhead: (level: Level, state: string) => boolean;
  /** Whether a state can be entered again from itself. */
  readonly repeats: (level: Level, state: string) => boolean;
}

const rootOf = (path: string): string => (path.includes(".") ? path.slice(0, path.indexOf(".")) : path);

export function liveVariablesOf(machine: Level): LiveVariables {
  const levels = levelsOf(machine);
  const deciding = decidingVariables(levels);
  const reads = new Map<Level, readonly string[]>();
  const live = new Map<Level, ReadonlyMap<string, ReadonlySet<string>>>();
  const lists = new Map<Level, ReadonlySet<string>>();
  const inputs = new Map<Level, ReadonlySet<string>>();
  const repeating = new Map(levels.map((level) => [level, cyclic(level)]));

  // Inner levels first: what they read, the state that holds them reads.
  for (const level of levels.toReversed()) {
    const own = (node: Node): readonly string[] => [
      ...decisionsOf(level, node, deciding).flatMap(({ paths }) => paths),
      ...node.inner.flatMap((inner) => reads.get(inner) as readonly string[]),
    ];
    const byState = new Map([...level.nodes].map(([name, node]) => [name, own(node)]));
    const assigned = new Set([...level.nodes.values()].flatMap((node) => transitionsOf(node)).flatMap(variablesOf));
    const outside = [...byState.values()].flat().filter((path) => !assigned.has(rootOf(path)));
    reads.set(level, [...new Set(outside)]);
    live.set(
      level,
      backwards(level, (node) => (byState.get(node.name) as readonly string[]).map(rootOf), variablesOf),
    );
    inputs.set(level, readersOfInput(level, deciding, inputs));
    const isList = (node: Node): boolean =>
      node.raw.Type === "Map" ||
      node.choices.some(({ askedAgain }) => askedAgain) ||
      node.inner.some((inner) => lists.get(inner)?.has(inner.startAt));
    const ahead = backwards(
      level,
      (node) => (isList(node) ? ["list"] : []),
      () => [],
    );
    lists.set(level, new Set([...ahead].flatMap(([state, found]) => (found.size > 0 ? [state] : []))));
  }
  return {
    at: (level, state) => live.get(level)?.get(state) ?? NONE,
    given: (level, variables) => projected(variables, reads.get(level) as readonly string[]),
    readsInput: (level, state) => inputs.get(level)?.has(state) ?? false,
    listsAhead: (level, state) => lists.get(level)?.has(state) ?? false,
    repeats: (level, state) => repeating.get(level)?.has(state) ?? false,
  };
}

/** The states of a level that read their input for a decision, or hand it to one that does. */
function readersOfInput(
  level: Level,
  deciding: ReadonlySet<string>,
  inner: ReadonlyMap<Level, ReadonlySet<string>>,
): ReadonlySet<string> {
  const readers = new Set<string>();
  const handsOn = ({ raw, next }: Node, { to, output }: Transition): boolean => {
    const wanted = to === undefined ? !level.top : readers.has(to);
    return wanted && (output ? output.input : PASSING.has(raw.Type) && next.output === undefined);
  };
  const reads = (node: Node): boolean => {
    const { raw, next, given } = node;
    const within = node.inner.some((each) => inner.get(each)?.has(each.startAt));
    return (
      directlyOf(node, deciding).some(({ input }) => input) ||
      (within && (given ? given.input : raw.Type === "Parallel")) ||
      transitionsOf(node).some((transition) => handsOn(node, transition)) ||
      (raw.Type === "Succeed" && handsOn(node, { ...next, to: undefined }))
    );
  };
  for (let before = -1; before !== readers.size;) {
    before = readers.size;
    for (const node of level.nodes.values()) if (reads(node)) readers.add(node.name);
  }
  return readers;
}

/** What puts out its input where it does not say what it puts out. */
const PASSING: ReadonlySet<string> = new Set(["Succeed", "Pass", "Choice", "Wait"]);

/** The states of a level that are on a cycle, or may be: all of them in the order of a search, from the first that is led back to. */
function cyclic(level: Level): ReadonlySet<string> {
  const done = new Set<string>();
  const open = new Set<string>();
  const found = new Set<string>();
  const stack: { readonly name: string; readonly next: string[] }[] = [];
  const enter = (name: string): void => {
    const node = level.nodes.get(name);
    if (!node) return;
    open.add(name);
    stack.push({ name, next: transitionsOf(node).flatMap(({ to }) => (to === undefined ? [] : [to])) });
  };
  enter(level.startAt);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const to = top.next.pop();
    if (to === undefined) {
      open.delete(top.name);
      done.add(top.name);
      stack.pop();
    } else if (open.has(to)) {
      const names = [...open];
      for (const name of names.slice(names.indexOf(to))) found.add(name);
    } else if (!done.has(to)) enter(to);
  }
  return found;
}

/** The values at some paths, in objects that have nothing else. */
function projected(variables: ReadonlyMap<string, Value>, paths: readonly string[]): ReadonlyMap<string, Value> {
  const result = new Map<string, Value>();
  const roots = new Map<string, string[][]>();
  for (const path of paths) {
    const [root, ...fields] = path.split(".") as [string, ...string[]];
    roots.set(root, [...(roots.get(root) ?? []), fields]);
  }
  for (const [root, wanted] of roots) if (variables.has(root)) result.set(root, narrowed(variables.get(root), wanted));
  return result;
}

function narrowed(value: Value, wanted: readonly (readonly string[])[]): Value {
  if (!isObject(value) || wanted.some(({ length }) => length === 0)) return value;
  const fields = [...new Set(wanted.map(([field]) => field as string))];
  return Object.fromEntries(
    fields.flatMap((field) => {
      const inside = wanted.flatMap(([first, ...rest]) => (first === field ? [rest] : []));
      return field in value ? [[field, narrowed(value[field], inside)]] : [];
    }),
  );
}

const NONE: ReadonlySet<string> = new Set();
const variablesOf = ({ assigns }: { assigns: readonly (readonly [string, unknown])[] }): readonly string[] =>
  assigns.map(([variable]) => variable);

/** The values by which a state decides; and what it gives its branches, or a branch puts out, by which others may. */
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
    ...transitionsOf(node).flatMap(({ assigns }) =>
      assigns.flatMap(([name, value]) => (deciding.has(name) ? [value] : [])),
    ),
  ];
}

function decidingVariables(levels: readonly Level[]): ReadonlySet<string> {
  const deciding = new Set<string>();
  for (let before = -1; before !== deciding.size;) {
    before = deciding.size;
    for (const level of levels) {
      for (const node of level.nodes.values()) {
        for (const { paths } of decisionsOf(level, node, deciding)) {
          for (const path of paths) deciding.add(rootOf(path));
        }
      }
    }
  }
  return deciding;
}

/** What holds at each state because of what it or one after it reads, and nothing in between assigns. */
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
