import { failState, finish, left } from "./ends";
import { type Around, type End, type Results, type SearchContext, SearchLimitError } from "./context";
import { endsWell, stuckInSuccess } from "./completion";
import { forgetEffects } from "./effects";
import { type Surroundings, truth } from "./evaluate";
import { DATA_LIMIT } from "./faults";
import { fork } from "./fork";
import { type Hint, HINTS } from "./hints";
import { type LiveVariables, liveVariablesOf } from "./live-variables";
import { EXECUTION, type Level, levelsOf, type Node, type Transition, transitionsOf } from "../machine";
import { resolved, type SearchState, stateKey } from "./search-state";
import type { Rule } from "../rules";
import { call } from "./task";
import { after, type Event, following, type Trace } from "./trace";
import { keyOf, NeedsLength, Unknown, UNKNOWN, type Value } from "./value";

export interface Found {
  readonly rule: Rule;
  readonly kind: string;
  readonly state: string;
  readonly message: string;
  readonly hint: string;
  readonly trace: Trace;
}

export interface SearchOptions {
  /** Called now and then with the number of states so far. */
  readonly onProgress?: ((states: number) => void) | undefined;
  /** Give up beyond so many states. */
  readonly limit: number;
}

/**
 * Every path through a machine, each state of the search once. A call that fails in doubt stands for three: it failed
 * before its effect, or after it, or its effect comes later; an undo takes back all three alike (S3). Branches share
 * nothing but the decision after them, so each is searched by itself, and of several ends of a branch one is chosen
 * only where that decides something.
 */
export class Search implements SearchContext {
  readonly found = new Map<string, Found>();
  states = 0;
  /** Some path completes the saga. */
  completes = false;
  /** Some path was not gone on: what comes after a violation is not known. */
  truncated = false;
  private neverCompletes = false;
  private readonly live: LiveVariables;
  /** How many states the machine has. */
  private readonly size: number;
  private readonly ends = new Map<string, readonly End[]>();
  private readonly choiceNames = new Map<string, number>();

  constructor(
    readonly machine: Level,
    private readonly options: SearchOptions,
  ) {
    this.live = liveVariablesOf(machine);
    this.size = levelsOf(machine).reduce((sum, { nodes }) => sum + nodes.size, 0);
  }

  /** @throws SearchLimitError */
  run(): void {
    forgetEffects();
    const top = { level: this.machine, suffix: "", prefix: undefined, holders: [], keepFork: false };
    this.explore(top, {
      at: this.machine.startAt,
      variables: new Map(),
      input: UNKNOWN,
      lengths: new Map(),
      outstanding: null,
      lost: new Set(),
      failed: "no",
      committed: false,
      refused: undefined,
      choices: new Map(),
      trace: undefined,
    });
  }

  /** Goes no further here. */
  cut(): Results {
    this.truncated = true;
    return [];
  }

  report({ prefix }: Around, { trace }: SearchState, rule: Rule, state: string, message: string, hint: Hint) {
    const whole = following(prefix, trace);
    const key = `${rule} ${state} ${hint.kind}`;
    const known = this.found.get(key);
    if (known && tediumOf(known.trace) <= tediumOf(whole)) return;
    this.found.set(key, { rule, kind: hint.kind, state, message, hint: hint.text, trace: whole });
  }

  /** All ends of a level. Levels that begin alike end alike. */
  explore(around: Around, start: SearchState): readonly End[] {
    const key = `${around.level.id}|${around.suffix}|${String(around.keepFork)}|${stateKey(start)}`;
    const known = this.ends.get(key);
    if (known) return known;
    const ends = new Map<string, End>();
    const seen = new Map<string, SearchState>();
    /** From which points each was reached; and the points after which something ends. */
    const before = new Map<string, string[]>();
    const ending: string[] = [];
    const endingWell: string[] = [];
    let wave: readonly SearchState[] = [start];
    while (wave.length > 0) {
      const next: SearchState[] = [];
      for (const point of wave) {
        const name = stateKey(point);
        if (seen.has(name)) continue;
        seen.set(name, point);
        this.count(point);
        const results = this.step(around, point);
        if (results.length === 0 || results.some((result) => "kind" in result)) ending.push(name);
        if (endsWell(point, results)) endingWell.push(name);
        for (const result of results) {
          if (!("kind" in result)) {
            next.push(result);
            const to = stateKey(result);
            before.set(to, [...(before.get(to) ?? []), name]);
            continue;
          }
          const what = result.kind === "end" ? keyOf(result.output) : result.error;
          const end = `${result.kind} ${what} ${stateKey(result.point)}`;
          if (!ends.has(end)) ends.set(end, result);
        }
      }
      wave = next;
    }
    if (!this.endless(around, seen, before, ending)) this.incomplete(around, stuckInSuccess(seen, before, endingWell));
    const found = [...ends.values()];
    this.ends.set(key, found);
    return found;
  }

  /** Reports the first point from which nothing ever ends. */
  private endless(
    around: Around,
    seen: ReadonlyMap<string, SearchState>,
    before: ReadonlyMap<string, readonly string[]>,
    ending: readonly string[],
  ): boolean {
    const ends = new Set(ending);
    // A set goes on to what is added to it while it is gone through.
    for (const name of ends) for (const from of before.get(name) ?? []) ends.add(from);
    const [point] = [...seen].flatMap(([name, each]) => (ends.has(name) ? [] : [each]));
    if (!point) return false;
    this.each(point, (known) => {
      const message = `from ${known.at} on the execution goes round for ever, ${left(known.outstanding)}`;
      this.report(around, known, "S6", known.at, message, HINTS.endless(known.at));
    });
    return true;
  }

  /** Reports the first point from which nothing completes; what is around it does not complete either. */
  private incomplete(around: Around, point: SearchState | undefined): void {
    if (!point || this.neverCompletes) return;
    this.neverCompletes = true;
    const message = `from ${point.at} on nothing completes, though all goes well: only a failure leads on`;
    this.report(around, point, "S6", point.at, message, HINTS.neverCompletes(point.at));
  }

  private count({ outstanding }: SearchState): void {
    const { onProgress, limit } = this.options;
    if (++this.states % 10_000 === 0) onProgress?.(this.states);
    if (this.states > limit) throw new SearchLimitError(`gave up after ${limit.toLocaleString("en")} states`);
    // On a path that does not go round, each state adds one effect at most.
    if ((outstanding?.depth ?? 0) > this.size)
      throw new SearchLimitError("gave up on a machine that does more each time it goes round");
  }

  /** What may come of a point; for each length of a list, and for each end of a branch, that matters here. */
  private step(around: Around, point: SearchState): Results {
    try {
      return this.once(around, point);
    } catch (error) {
      // What goes through a list, wherever it stands, must agree on its length: it is assumed at the top.
      if (error instanceof NeedsLength && around.level.top) {
        const { path, lengths } = error;
        return lengths.flatMap((length) =>
          this.step(around, { ...point, lengths: new Map([...point.lengths, [path, length]]) }),
        );
      }
      return resolved(point, error).flatMap((chosen) => this.step(around, chosen));
    }
  }

  /** Does something with a point, or with each that it may be where that depends on how a branch has ended. */
  each(point: SearchState, apply: (point: SearchState) => void): void {
    try {
      apply(point);
    } catch (error) {
      for (const chosen of resolved(point, error)) this.each(chosen, apply);
    }
  }

  /** A name for a choice: the same for the same alternatives, and for no others. */
  choiceName(place: string, alternatives: string): string {
    const key = `${place} ${alternatives}`;
    const number = this.choiceNames.get(key) ?? this.choiceNames.size;
    this.choiceNames.set(key, number);
    return `${place}#${number}`;
  }

  private once(around: Around, point: SearchState): Results {
    const node = around.level.nodes.get(point.at);
    // The lints report a state that is not there.
    if (!node) return this.cut();
    switch (node.raw.Type) {
      case "Task":
        return call(this, around, point, node);
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
        ...this.leave(around, point, transition, node, point.input, { text: `${node.name} goes to ${transition.to}` }),
      );
    };
    for (const { condition, transition, askedAgain } of node.choices) {
      const test = condition.yields(this.surroundings(point, UNKNOWN));
      const holds = truth(test);
      // What another Choice asks as well has the same answer there.
      if (askedAgain && test instanceof Unknown && test.path !== undefined)
        throw new NeedsLength(test.path, [true, false]);
      if (holds !== false) take(transition);
      if (holds === true) return results;
    }
    if (node.next.to === undefined) return [...results, ...this.unmatched(around, point, node)];
    take(node.next);
    return results;
  }

  /** No rule of a Choice matches, and there is no Default: nothing can catch that. */
  private unmatched(around: Around, point: SearchState, { name }: Node): Results {
    const error = "States.NoChoiceMatched";
    const stopped = { ...point, trace: after(point.trace, { text: `${name} has no rule that matches: ${error}` }) };
    if (around.level.top) {
      this.each(stopped, (known) => {
        const message = `no rule of ${name} need match, it has no Default, and nothing catches ${error}: the execution stops there, ${left(known.outstanding)}`;
        this.report(around, known, "S7", name, message, HINTS.default(name));
      });
    }
    return [{ kind: "stopped", stuck: false, error, state: name, point: stopped }];
  }

  /** What the expressions of a state see. */
  surroundings({ at, variables, input, lengths }: SearchState, result: Value, item?: Value): Surroundings {
    const states: Value = {
      input,
      result,
      errorOutput: UNKNOWN,
      context: {
        Execution: { Id: EXECUTION, Name: "$states.context.Execution.Name", Input: new Unknown("input") },
        // Of the Map's own fields alone: the states within have none.
        ...(item !== undefined && { Map: { Item: item } }),
        State: { Name: at },
      },
    };
    return {
      variable: (name) => (name === "states" ? states : variables.has(name) ? variables.get(name) : UNKNOWN),
      lengths,
    };
  }

  /** Takes a transition out of a state, to another one or to the end of the level. */
  leave(around: Around, point: SearchState, transition: Transition, node: Node, result: Value, event?: Event): Results {
    const { level } = around;
    const trace = event ? after(point.trace, event) : point.trace;
    const seen = this.surroundings(point, result);
    const output = level.top ? UNKNOWN : transition.output ? transition.output.yields(seen) : result;
    if (transition.to === undefined) {
      const ended: SearchState = { ...point, trace };
      if (level.top)
        this.each(ended, (known) => {
          finish(this, around, known, node.name);
        });
      return [{ kind: "end", output, point: { ...ended, at: "", variables: new Map(), input: UNKNOWN } }];
    }
    const wanted = this.live.at(level, transition.to);
    const variables = new Map([...point.variables].filter(([name]) => wanted.has(name)));
    for (const [name, value] of transition.assigns) if (wanted.has(name)) variables.set(name, value.yields(seen));
    return [
      {
        ...point,
        at: transition.to,
        variables,
        input: this.live.readsInput(level, transition.to) ? output : UNKNOWN,
        lengths: level.top && !this.live.listsAhead(level, transition.to) ? NO_LENGTHS : point.lengths,
        trace,
      },
    ];
  }

  /** What a level reads of the variables around it. */
  given(level: Level, { variables }: SearchState): SearchState["variables"] {
    return this.live.given(level, variables);
  }

  /** Whether something in a level depends on what it is given. */
  readsInput(level: Level): boolean {
    return this.live.readsInput(level, level.startAt);
  }

  /** Whether an action may run again in the same level. */
  repeats(level: Level, state: string): boolean {
    return this.live.repeats(level, state);
  }
}

/** How long a story is; one that begins with a failure that hardly happens is told last. */
function tediumOf(trace: Trace): number {
  let rare = 0;
  for (let at = trace; at; at = at.before) if (at.event.text.includes(DATA_LIMIT)) rare += 1000;
  return (trace?.length ?? 0) + rare;
}

const NO_LENGTHS: SearchState["lengths"] = new Map();
