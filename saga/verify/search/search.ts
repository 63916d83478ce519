import { Callers } from "./callers";
import { outlined } from "./cause";
import { endsByItself, endsWell, stuckInSuccess } from "./completion";
import { type Around, type Call, type End, type Results, type SearchContext, SearchLimitError } from "./context";
import { type Bounds, Budget } from "./bounds";
import { type OutstandingEffects, forgetEffects } from "./effects";
import { failState, finish, left } from "./ends";
import { type Surroundings, truth } from "./evaluate";
import { fork } from "./fork";
import { DATA_LIMIT } from "./faults";
import { type Hint, HINTS, wayOutOf } from "./hints";
import { type LiveVariables, liveVariablesOf } from "./live-variables";
import { EXECUTION, type Level, levelsOf, type Node, type Transition, transitionsOf } from "../machine";
import { controlKey, merge, resolved, type SearchState, stateKey } from "./search-state";
import { examples } from "./examples";
import { forgetNumbers } from "./numbers";
import type { Rule } from "../rules";
import { task } from "./task";
import { after, type Event, type Trace } from "./trace";
import { forgetValues, NeedsLength, Unknown, UNKNOWN, type Value } from "./value";

export interface Found {
  readonly rule: Rule;
  readonly kind: string;
  readonly state: string;
  readonly message: string;
  readonly hint: string;
  readonly traces: readonly Trace[];
}

export interface SearchOptions extends Bounds {
  /** Called now and then with the number of states so far. */
  readonly onProgress?: ((states: number) => void) | undefined;
}

/**
 * Searches every path through a machine. A failed call whose effect is in doubt stands for three cases: it failed before its
 * effect, it failed after its effect, or its effect comes later. An undo handles all three alike (S3).
 *
 * Paths that meet in a state of the machine are merged. An open choice in their data says which paths they were: which side
 * of a condition was taken, how long a list was, how a branch ended. The search decides the choice where the machine depends
 * on it, usually at the undo of that very part. After that undo nothing depends on it, and the paths are one again.
 */
export class Search implements SearchContext {
  readonly found = new Map<string, Found>();
  /** Some path completes the saga. */
  completes = false;
  /** The search has cut a path off after a violation, so the rest of that path is unknown. */
  truncated = false;
  private readonly callers = new Callers();
  private readonly doubts = new Map<string, Set<string>>();
  private neverCompletes = false;
  private readonly live: LiveVariables;
  private readonly budget: Budget;
  /** The number of states of the machine. */
  private readonly size: number;
  private readonly ends = new Map<string, readonly End[]>();
  private readonly choices = new Map<string, number>();
  private readonly seen = new WeakMap<SearchState, Surroundings>();

  constructor(
    readonly machine: Level,
    options: SearchOptions,
  ) {
    this.live = liveVariablesOf(machine);
    this.size = levelsOf(machine).reduce((sum, { nodes }) => sum + nodes.size, 0);
    this.budget = new Budget(options, options.onProgress);
  }

  /** The number of search states so far. */
  get states(): number {
    return this.budget.states;
  }

  /** @throws SearchLimitError */
  run(): void {
    forgetNumbers();
    forgetEffects();
    forgetValues();
    const top = { level: this.machine, suffix: "", prefix: [], holders: [], again: false, keepFork: false };
    this.explore(top, {
      at: this.machine.startAt,
      variables: new Map(),
      input: new Unknown("input"),
      lengths: new Map(),
      outstanding: null,
      lost: new Map(),
      failed: "no",
      committed: false,
      refused: undefined,
      astray: false,
      trace: undefined,
    });
    this.callers.compare(this);
  }

  noteCaller(caller: string, call: Call): void {
    this.callers.note(caller, call);
  }

  doubt(rule: Rule, why: string, state: string): void {
    const key = `${rule} ${why}`;
    this.doubts.set(key, (this.doubts.get(key) ?? new Set()).add(state));
  }

  /** The rules that no path breaks and that are not proved, and why. */
  get doubted(): readonly { readonly rule: Rule; readonly why: string; readonly hint: string }[] {
    return [...this.doubts].map(([key, states]) => {
      const [rule] = key.split(" ", 1) as [Rule];
      const reason = key.slice(rule.length + 1);
      return { rule, why: `${reason}: ${[...states].join(", ")}`, hint: wayOutOf(rule, reason) };
    });
  }

  /** Ends the search on this path. */
  cut(): Results {
    this.truncated = true;
    return [];
  }

  /** Continues after a violation without reporting what follows from it. */
  leaveUntold(): void {
    this.truncated = true;
  }

  report({ prefix }: Around, { trace }: SearchState, rule: Rule, state: string, message: string, hint: Hint) {
    const traces = [...prefix, trace];
    const key = `${rule} ${state} ${hint.kind}`;
    const known = this.found.get(key);
    if (known && tediumOf(known.traces) <= tediumOf(traces)) return;
    this.found.set(key, { rule, kind: hint.kind, state, message, hint: hint.text, traces });
  }

  /** All ends of a level. Equal starts of a level have equal ends, so they are searched once. */
  explore(around: Around, start: SearchState): readonly End[] {
    const key = `${around.level.id}|${around.suffix}|${String(around.keepFork)}|${stateKey(start)}`;
    const known = this.ends.get(key);
    if (known) return known;
    const found = new LevelSearch(this, around, start).run();
    this.ends.set(key, found);
    return found;
  }

  merge({ level, keepFork }: Around, place: string, points: readonly SearchState[]): SearchState {
    return merge(points, (states) => this.choiceName(`${level.id}:${place}`, states), keepFork);
  }

  /** A name for a choice: equal for equal alternatives, and unique. */
  private choiceName(place: string, alternatives: string): string {
    const key = `${place}\n${alternatives}`;
    const number = this.choices.get(key) ?? this.choices.size;
    this.choices.set(key, number);
    return `${place}#${number}`;
  }

  /** Reports the first search state from which no path completes. The levels around it do not complete either. */
  incomplete(around: Around, point: SearchState | undefined): void {
    if (!point || this.neverCompletes) return;
    this.neverCompletes = true;
    const message = `no path from ${point.at} completes without a failure`;
    this.report(around, point, "S6", point.at, message, HINTS.neverCompletes(point.at));
  }

  /** The successors of a search state, for each length of a list and each end of a branch on which they depend. */
  step(around: Around, point: SearchState): Results {
    this.budget.spend();
    // On a path without a loop, each state adds at most one effect.
    if (depthOf(point.outstanding) > this.size) {
      throw new SearchLimitError("gave up on a machine with more effects in each round of a loop");
    }
    return this.resolving(around, point);
  }

  private resolving(around: Around, point: SearchState): Results {
    const results: (SearchState | End)[] = [];
    const seen = new Set<number>();
    const open = [point];
    for (let next = open.pop(); next; next = open.pop()) {
      this.budget.check();
      try {
        results.push(...this.once(around, next));
      } catch (error) {
        // The order of decisions makes no difference.
        for (const chosen of resolved(next, error)) {
          const key = stateKey(chosen);
          if (!seen.has(key)) open.push(chosen);
          seen.add(key);
        }
      }
    }
    return results;
  }

  private once(around: Around, point: SearchState): Results {
    const node = around.level.nodes.get(point.at);
    // The lints report a state that does not exist.
    if (!node) return this.cut();
    switch (node.raw.Type) {
      case "Task":
        return task(this, around, point, node);
      case "Choice":
        return this.choice(around, point, node);
      case "Parallel":
      case "Map":
        return fork(this, around, point, node);
      case "Succeed":
        return this.leave(around, point, { ...node.next, to: undefined }, node, point.input);
      case "Fail":
        return failState(this, around, point, node);
      case "Pass":
        if (node.keepsBooks) this.bookkeeping(around, point, node, "does nothing but bookkeeping");
        return this.leave(around, point, node.next, node, point.input);
      default:
        return this.leave(around, point, node.next, node, point.input);
    }
  }

  bookkeeping(around: Around, point: SearchState, { name, next }: Node, what: string): void {
    if (point.failed !== "no") return;
    const before = [...around.level.nodes.values()].filter((from) => transitionsOf(from).some(({ to }) => to === name));
    const hint = HINTS.bookkeeping(
      name,
      before.map((from) => from.name),
      next.to,
    );
    this.report(around, point, "S13", name, `${name} ${what}`, hint);
  }

  private choice(around: Around, point: SearchState, node: Node): Results {
    const { Choices = [], Default: Next, Assign, Output } = node.raw;
    const transitions = [...Choices, { Next, Assign, Output }].map((transition) => [
      transition["Next"],
      transition["Assign"],
      transition["Output"],
    ]);
    if (new Set(transitions.map((transition) => JSON.stringify(transition))).size === 1) {
      this.bookkeeping(around, point, node, "decides nothing: all its transitions lead to the same");
    }
    const results: (SearchState | End)[] = [];
    const take = (transition: Transition): void => {
      results.push(
        ...this.leave(around, point, transition, node, point.input, {
          text: `${node.name} goes to ${transition.to}`,
          state: node.name,
        }),
      );
    };
    for (const { condition, transition, askedAgain } of node.choices) {
      const test = condition.yields(this.surroundings(point, UNKNOWN));
      const holds = truth(test);
      // A test that is evaluated again has the same outcome.
      if (
        (askedAgain || around.remembers === true || this.repeats(around, node.name)) &&
        test instanceof Unknown &&
        test.path !== undefined
      )
        throw new NeedsLength(test.path, [true, false]);
      if (holds !== false) take(transition);
      if (holds === true) return results;
    }
    if (node.next.to === undefined) return [...results, ...this.unmatched(around, point, node)];
    take(node.next);
    return results;
  }

  /** No rule of a Choice matches, and it has no Default. No Catch can handle that. */
  private unmatched(around: Around, point: SearchState, { name }: Node): Results {
    const error = "States.NoChoiceMatched";
    const event = { text: `${name} has no rule that matches: ${error}`, state: name, fails: true };
    const stopped = { ...point, trace: after(point.trace, event) };
    if (around.level.top) {
      for (const known of examples(stopped)) {
        const message = `${name} has no Default, its rules may all not match, and nothing can catch ${error}: the execution stops there, ${left(known.outstanding)}`;
        this.report(around, known, "S7", name, message, HINTS.default(name));
      }
    }
    return [{ kind: "stopped", stuck: false, error, state: name, point: stopped }];
  }

  /** The values that the expressions of a state can read. */
  surroundings(point: SearchState, result: Value, item?: Value): Surroundings {
    if (result !== UNKNOWN || item !== undefined) return seenFrom(point, result, item);
    const known = this.seen.get(point) ?? seenFrom(point, result);
    this.seen.set(point, known);
    return known;
  }

  /** Takes a transition from a state to another one, or to the end of the level. */
  leave(around: Around, point: SearchState, transition: Transition, node: Node, result: Value, event?: Event): Results {
    const { level } = around;
    const { to } = transition;
    const trace = event ? after(point.trace, event) : point.trace;
    const seen = this.surroundings(point, result);
    const isRead = to === undefined ? level.hasReader : !level.top || this.live.readsInput(level, to);
    const output = !isRead ? UNKNOWN : transition.output ? transition.output.yields(seen) : result;
    if (to === undefined) {
      const ended: SearchState = { ...point, at: "", variables: new Map(), input: output, refused: undefined, trace };
      if (level.top) finish(this, around, ended, node.name);
      return [{ kind: "end", point: ended }];
    }
    const variables = new Map(point.variables);
    for (const [name, value] of transition.assigns) {
      if (this.live.isLive(level, to, name)) {
        variables.set(name, this.live.isTold(name) ? outlined(value.yields(seen)) : value.yields(seen));
      }
    }
    const { lengths, lost } = point;
    return [{ ...point, at: to, ...this.live.project(level, to, { variables, input: output, lengths, lost }), trace }];
  }

  /** The part of a search state on which a level depends. */
  given(level: Level, point: SearchState): SearchState {
    return { ...point, ...this.live.given(level, point) };
  }

  /** Whether an execution may enter a state again. */
  repeats({ level, again }: Around, state: string): boolean {
    return again || this.isCyclic(level, state);
  }

  /** Whether a path in its level leads from a state back to it. */
  isCyclic(level: Level, state: string): boolean {
    return this.live.position(level, state)?.cyclic ?? false;
  }

  /** The rank of a state in its level. */
  rank(level: Level, state: string): number {
    return this.live.position(level, state)?.rank ?? 0;
  }
}

/** Fields that exist, with values that the definition does not determine. */
const unknown = (fields: string): Readonly<Record<string, Value>> =>
  Object.fromEntries(fields.split(" ").map((field) => [field, UNKNOWN]));

/** The fields of the Context object that are the same in all states of an execution. */
const CONTEXT: Readonly<Record<string, Value>> = {
  Execution: {
    Id: EXECUTION,
    Name: "$states.context.Execution.Name",
    Input: new Unknown("input"),
    ...unknown("RedriveCount RedriveTime RoleArn StartTime"),
  },
  ...unknown("StateMachine Task"),
};
const STATE_CONTEXT = unknown("EnteredTime RetryCount");

/** The values that the expressions of a state can read. */
function seenFrom({ at, variables, input, lengths }: SearchState, result: Value, item?: Value): Surroundings {
  const states: Value = {
    input,
    result,
    errorOutput: UNKNOWN,
    context: {
      ...CONTEXT,
      // Only the Map's own fields can read the item. The states within can't.
      ...(item !== undefined && { Map: { Item: item } }),
      State: { ...STATE_CONTEXT, Name: at },
    },
  };
  return {
    variable: (name) => (name === "states" ? states : variables.has(name) ? variables.get(name) : UNKNOWN),
    lengths,
  };
}

const depthOf = (outstanding: OutstandingEffects): number => outstanding?.depth ?? 0;

/** The length of a story. A story with a rare failure counts as long, so that a common one is preferred. */
function tediumOf(traces: readonly Trace[]): number {
  let rare = 0;
  for (const trace of traces) {
    for (let at = trace; at; at = at.before) if (at.event.text.includes(DATA_LIMIT)) rare += 1000;
  }
  return traces.reduce((sum, trace) => sum + (trace?.length ?? 0), rare);
}

/** The search of every path through one level, from one search state. */
class LevelSearch {
  /** Search states to visit, by the rank of their state. */
  private readonly waiting = new Map<number, SearchState[]>();
  private readonly seen = new Map<number, SearchState>();
  private readonly ends = new Map<string, End[]>();
  /** The predecessors of each search state. */
  private readonly before = new Map<number, number[]>();
  private readonly ending: number[] = [];
  private readonly endingWell: number[] = [];

  constructor(
    private readonly search: Search,
    private readonly around: Around,
    start: SearchState,
  ) {
    this.wait(start);
  }

  run(): readonly End[] {
    while (this.waiting.size > 0) {
      const rank = Math.min(...this.waiting.keys());
      const points = this.waiting.get(rank) as readonly SearchState[];
      this.waiting.delete(rank);
      for (const point of this.together(points)) this.visit(point);
    }
    if (!this.endless()) this.search.incomplete(this.around, stuckInSuccess(this.seen, this.before, this.endingWell));
    return [...this.ends].flatMap(([kind, ends]) => this.join(kind, ends));
  }

  private wait(point: SearchState): void {
    const rank = this.search.rank(this.around.level, point.at);
    const known = this.waiting.get(rank);
    if (known) known.push(point);
    else this.waiting.set(rank, [point]);
  }

  /**
   * Merges the paths that meet in a state, if they differ only in data. All paths to the state have arrived, since the search
   * goes by rank. A state in a loop is different: more paths may arrive later, so only equal ones are merged.
   */
  private together(points: readonly SearchState[]): readonly SearchState[] {
    const alike = new Map<string | number, SearchState[]>();
    for (const point of points) {
      const key = this.search.isCyclic(this.around.level, point.at) ? stateKey(point) : controlKey(point);
      const known = alike.get(key);
      if (known) known.push(point);
      else alike.set(key, [point]);
    }
    return [...alike.values()].map((all) => {
      const merged = this.search.merge(this.around, all[0]?.at ?? "", all);
      for (const point of all) this.follows(stateKey(point), stateKey(merged));
      return merged;
    });
  }

  private follows(from: number, to: number): void {
    if (from === to) return;
    const known = this.before.get(to);
    if (known) known.push(from);
    else this.before.set(to, [from]);
  }

  private visit(point: SearchState): void {
    const name = stateKey(point);
    if (this.seen.has(name)) return;
    this.seen.set(name, point);
    const results = this.search.step(this.around, point);
    if (endsByItself(results)) this.ending.push(name);
    if (endsWell(point, results)) this.endingWell.push(name);
    for (const result of results) {
      if ("kind" in result) {
        const kind = result.kind === "end" ? "" : `${result.error} ${result.state} ${String(result.stuck)}`;
        const key = `${result.kind} ${kind} ${controlKey(result.point)}`;
        const known = this.ends.get(key);
        if (known) known.push(result);
        else this.ends.set(key, [result]);
      } else {
        this.follows(name, stateKey(result));
        this.wait(result);
      }
    }
  }

  /** Merges ends that differ only in data. */
  private join(kind: string, ends: readonly End[]): readonly End[] {
    const [first] = ends;
    if (!first) return [];
    const point = this.search.merge(
      this.around,
      `end ${kind}`,
      ends.map((end) => end.point),
    );
    return [{ ...first, point }];
  }

  /** Reports the first search state from which the level never ends. */
  private endless(): boolean {
    const ends = new Set(this.ending);
    // The loop also visits what it adds to the set.
    for (const name of ends) for (const from of this.before.get(name) ?? []) ends.add(from);
    const never = [...this.seen].flatMap(([name, each]) => (ends.has(name) ? [] : [each]));
    const point = never.find(({ at }) => this.search.isCyclic(this.around.level, at)) ?? never[0];
    if (!point) return false;
    for (const known of examples(point)) {
      const message = `from ${known.at} on the execution loops for ever, ${left(known.outstanding)}`;
      this.search.report(this.around, known, "S6", known.at, message, HINTS.endless(known.at));
    }
    return true;
  }
}
