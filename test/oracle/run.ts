import type { Declaration } from "../../saga/asl/declaration";
import {
  type Fault,
  faultsOf,
  indexOf,
  isTooLarge,
  isTriedAgain,
  promiseOf,
  TOO_LARGE,
  TOO_LARGE_CAUGHT,
} from "./faults";
import { evaluate, type Json, type JsonObject, QueryFailed, startAfresh } from "./jsonata";
import { innerOf, type Leaving, type Sequence, type StateJson } from "./machine";
import { AlreadyUndone, type Call, callOf, type Offence, type Position, World } from "./world";

/** Deviations from what is usual: which choice, by its number in the run, is made otherwise, and how. */
export type Script = ReadonlyMap<number, number>;

export interface Choice {
  readonly options: number;
  /** Whether it is an action's; else it is of what comes of its failure. */
  readonly forward: boolean;
}

export interface Run {
  readonly choices: readonly Choice[];
  readonly offences: readonly Offence[];
  /** What was told otherwise than usual, and the states in the order of their entering. */
  readonly faults: readonly string[];
  readonly entered: readonly string[];
  readonly end: string;
  readonly left: readonly string[];
  /** The states of which an expression has failed. */
  readonly raised: readonly string[];
}

const EXECUTION = "arn:aws:states:eu-central-1:123456789012:execution:Saga:1";
/** Stands in all that comes from outside, whose size nobody knows. */
export const OUTSIDE = "§";
/** With this a handler refuses what does not say who calls. */
const NO_IDENTITY = "NoIdentity";
/** A saga of some dozens of states enters far fewer. */
const MOST_STATES = 1500;
/** More tries of one state than these show nothing new. */
const MOST_RETRIES = 2;

const SIZES: readonly Fault[] = [
  { label: "hands on what fits" },
  ...[TOO_LARGE, TOO_LARGE_CAUGHT].map((error) => ({ label: `has more to hand on than fits: ${error}`, error })),
];

class Failure extends Error {
  override readonly name = "Failure";
  /** The innermost state that nothing caught it at. */
  origin: { readonly state: string; readonly type: string } | undefined;
  constructor(
    readonly error: string,
    override readonly cause: string | undefined,
  ) {
    super(error);
  }
}

/** The run is over whatever the machine says. */
class Over extends Error {
  override readonly name = "Over";
}

interface Frame {
  readonly id: number;
  readonly parent: Frame | undefined;
  readonly sequence: Sequence;
  readonly around: Position;
  /** The branches and items that it is in. */
  readonly place: string;
  readonly variables: Map<string, Json>;
  readonly mapItem?: JsonObject;
  current: string;
  input: Json;
  step: number;
  children?: readonly Frame[] | undefined;
  done?: { readonly output: Json };
}

interface Outcome {
  readonly output: Json;
  readonly next: string | undefined;
}

/** What is run, again and again. */
export class Subject {
  private readonly known = new Map<string, { readonly call: Call; readonly faults: readonly Fault[] }>();

  constructor(
    readonly definition: Sequence,
    readonly declaration: Declaration,
  ) {}

  /** What a Task is to the saga, and what it may do. */
  task(name: string, state: StateJson): { readonly call: Call; readonly faults: readonly Fault[] } {
    const known = this.known.get(name);
    if (known) return known;
    const call = callOf(this.declaration, name);
    const task = { call, faults: faultsOf(state, call) };
    this.known.set(name, task);
    return task;
  }
}

/** Runs a definition once, with the faults that a script says. */
export function run(subject: Subject, input: Json, script: Script): Promise<Run> {
  startAfresh();
  return new Runner(subject, input, script).run();
}

class Runner {
  private readonly choices: Choice[] = [];
  private readonly faults: string[] = [];
  private readonly entered: string[] = [];
  private readonly raised = new Set<string>();
  private readonly world: World;
  private readonly context: JsonObject;
  private readonly inputKey: string;
  private readonly top: Frame;
  private frames = 0;
  private readonly broken = new Map<string, Fault>();
  /** After a redrive everything works. */
  private mended = false;

  private readonly definition: Sequence;
  private readonly declaration: Declaration;

  constructor(
    private readonly subject: Subject,
    input: Json,
    private readonly script: Script,
  ) {
    const { definition, declaration } = subject;
    [this.definition, this.declaration] = [definition, declaration];
    this.world = new World(declaration, EXECUTION);
    this.context = {
      Execution: { Id: EXECUTION, Input: input, Name: "1", StartTime: "2025-01-01T00:00:00.000Z", RedriveCount: 0 },
      StateMachine: { Id: "arn:aws:states:eu-central-1:123456789012:stateMachine:Saga", Name: "Saga" },
    };
    this.inputKey = JSON.stringify(input);
    this.top = this.frame(definition, input, undefined, [], "");
  }

  async run(): Promise<Run> {
    const { world } = this;
    let end = await this.execute();
    if (end instanceof Failure && end.error !== "SagaCompensated") {
      if (this.mayBeStuck(end)) {
        this.mended = true;
        this.broken.clear();
        this.entered.push("(redriven)");
        end = await this.execute();
      }
      // That nobody says who calls is an offence already (S11), and the refusal of it none of its own.
      if (end instanceof Failure && end.error !== "SagaCompensated" && end.error !== NO_IDENTITY) {
        world.offend("S5", `it stops in ${end.origin?.state ?? "?"} with ${end.error}, where a redrive is no help`);
      }
    }
    if (end === undefined) world.judgeCompleted();
    else if (end instanceof Failure && end.error === "SagaCompensated") world.judgeCompensated(end.cause);
    return {
      choices: this.choices,
      offences: world.offences,
      faults: this.faults,
      entered: this.entered,
      end: end === undefined ? "SUCCEEDED" : end instanceof Failure ? `FAILED with ${end.error}` : end.message,
      left: world.left(),
      raised: [...this.raised],
    };
  }

  /** To the end: undefined where it succeeds. */
  private async execute(): Promise<Failure | Over | undefined> {
    try {
      await this.runFrame(this.top);
      return undefined;
    } catch (error) {
      if (error instanceof Failure || error instanceof Over) return error;
      throw error;
    }
  }

  /** An undo, and whatever stands after the pivot, stops where a redrive goes on (S5). */
  private mayBeStuck({ origin, error }: Failure): boolean {
    if (!origin) return false;
    const committed = this.world.committed !== undefined;
    if (origin.type === "Parallel" || origin.type === "Map") return committed && isTooLarge(error);
    if (origin.type !== "Task") return false;
    const call = callOf(this.declaration, origin.state);
    return committed || call.kind === "undo" || (call.kind === "action" && call.declared.role === "retriable");
  }

  private choose<Option extends { readonly label: string }>(
    subject: string,
    options: readonly Option[],
    forward = false,
  ): Option {
    const usual = options[0] as Option;
    if (options.length < 2 || this.mended) return usual;
    const chosen = this.script.get(this.choices.length) ?? 0;
    this.choices.push({ options: options.length, forward });
    const option = options[chosen] ?? usual;
    if (option !== usual) this.faults.push(`${subject} ${option.label}`);
    return option;
  }

  private frame(sequence: Sequence, input: Json, parent: Frame | undefined, around: Position, place: string): Frame {
    const [id, current] = [this.frames++, sequence.StartAt];
    return { id, parent, sequence, around, place, variables: new Map(), current, input, step: 0 };
  }

  private async runFrame(frame: Frame): Promise<Json> {
    while (!frame.done) {
      const name = frame.current;
      const state = frame.sequence.States[name] as StateJson;
      frame.step++;
      this.entered.push(name);
      if (this.entered.length > MOST_STATES) {
        this.world.offend("endless", `it has entered ${MOST_STATES} states, ${name} the last`);
        throw new Over("never ends");
      }
      try {
        const { output, next } = await this.runState(frame, name, state);
        frame.children = undefined;
        if (next === undefined) frame.done = { output };
        else [frame.current, frame.input] = [next, output];
      } catch (error) {
        if (error instanceof Failure) error.origin ??= { state: name, type: state.Type };
        throw error;
      }
    }
    return frame.done.output;
  }

  private async runState(frame: Frame, name: string, state: StateJson): Promise<Outcome> {
    switch (state.Type) {
      case "Task":
        return this.caught(frame, name, state, this.task(frame, name, state));
      case "Parallel":
      case "Map":
        return this.caught(frame, name, state, (retries) => this.withRecords(frame, name, state, retries));
      case "Choice":
        return this.choice(frame, name, state);
      case "Fail": {
        const [error, cause] = [
          await this.evaluate(frame, name, state.Error ?? "", {}),
          await this.evaluate(frame, name, state.Cause ?? "", {}),
        ];
        if (typeof error !== "string" || typeof cause !== "string") throw queryFailed(`${name} wants strings`);
        throw new Failure(error, cause);
      }
      default:
        return this.leave(frame, name, state, frame.input, {});
    }
  }

  private async choice(frame: Frame, name: string, state: StateJson): Promise<Outcome> {
    for (const rule of state.Choices ?? []) {
      const holds = await this.evaluate(frame, name, rule.Condition, {});
      if (typeof holds !== "boolean") throw queryFailed(`the condition of ${name} is ${JSON.stringify(holds)}`);
      if (holds) return this.leave(frame, name, rule, frame.input, {});
    }
    if (state.Default === undefined) throw new Failure("States.NoChoiceMatched", undefined);
    return this.leave(frame, name, { ...state, Next: state.Default }, frame.input, {});
  }

  /** Retry and Catch. */
  private async caught(
    frame: Frame,
    name: string,
    state: StateJson,
    attempt: (retries: number) => Promise<Outcome>,
  ): Promise<Outcome> {
    const used = new Map<number, number>();
    for (let retries = 0; ; retries++) {
      try {
        return await attempt(retries);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        const retrier = indexOf(state.Retry, error.error);
        const allowed = Math.min(state.Retry?.[retrier]?.MaxAttempts ?? 3, MOST_RETRIES);
        const before = used.get(retrier) ?? 0;
        if (retrier >= 0 && before < allowed) {
          used.set(retrier, before + 1);
          frame.step++;
          frame.children = undefined;
          continue;
        }
        const catcher = state.Catch?.[indexOf(state.Catch, error.error)];
        if (!catcher) throw error;
        const errorOutput = { Error: isTooLarge(error.error) ? TOO_LARGE : error.error, Cause: error.cause ?? "" };
        return this.leave(frame, name, catcher, errorOutput, { errorOutput });
      }
    }
  }

  private task(frame: Frame, name: string, state: StateJson): (retries: number) => Promise<Outcome> {
    const { call, faults } = this.subject.task(name, state);
    let fault: Fault | undefined;
    return async (retries) => {
      const args = await this.evaluate(frame, name, state.Arguments ?? frame.input, {}, retries);
      const invoked = args as { readonly Payload?: Json; readonly InvocationType?: Json };
      const optimised = state.Resource?.includes(":states:::") === true;
      const payload = optimised ? (invoked.Payload ?? {}) : args;
      const unheard = optimised && (invoked.InvocationType === "Event" || invoked.InvocationType === "DryRun");
      const options: readonly Fault[] = [
        ...(unheard ? [{ label: "succeeds" }, { label: "is never heard of again", lost: true }] : faults),
        ...(this.definition.TimeoutSeconds === undefined ? [] : [{ label: "outlives the machine", ends: true }]),
      ];
      fault ??= this.broken.get(name) ?? this.choose(name, options, call.kind === "action");
      // What is never given up may fail for good, until somebody mends it.
      if (fault.times === "always" && promiseOf(call, "", false) === "retried") this.broken.set(name, fault);
      const answer = this.call(frame, call, payload, {
        ...(fault.times === "once" && retries > 0 ? { label: "succeeds" } : fault),
        ...(invoked.InvocationType === "DryRun" && { lost: true }),
      });
      if (answer instanceof Failure) {
        if (fault.error === answer.error && retries === 0) this.judgeRetry(name, state, call, fault);
        throw answer;
      }
      const result = optimised ? { StatusCode: unheard ? 202 : 200, Payload: unheard ? {} : answer } : answer;
      const outcome = await this.leave(frame, name, state, result, { result }, retries);
      if (call.kind === "action" && call.declared.role === "pivot") this.world.committed ??= this.position(frame);
      return outcome;
    };
  }

  /** S4: what passes is retried, a refusal never. */
  private judgeRetry(name: string, state: StateJson, call: Call, { error = "", definite = false }: Fault): void {
    const retried = isTriedAgain(state, error);
    const promise = promiseOf(call, error, definite);
    if (promise === "retried" && !retried) this.world.offend("S4", `${name} is not tried again after ${error}`);
    if (promise === "never retried" && retried) this.world.offend("S4", `${name} is tried again after ${error}`);
  }

  /** What the environment does with one try of a call. */
  private call(frame: Frame, call: Call, payload: Json, fault: Fault): Json | Failure {
    const { world } = this;
    const position = this.position(frame);
    const identity = call.kind === "other" ? "" : world.identityIn(payload, call.state);
    // A handler refuses what does not say who calls.
    if (identity === undefined) return new Failure(NO_IDENTITY, undefined);
    if (fault.hangs) {
      world.offend("S7", `${call.state} has no timeout, and waits for ever`);
      throw new Over("never ends");
    }
    try {
      if (call.kind === "action") world.begin(call, identity, { position, place: `${frame.place}/${call.state}` });
      if (call.kind === "undo") world.beginUndo(call, identity, position);
      const refused = fault.definite === true && (call.kind !== "action" || world.mayRefuse(call, identity));
      if (refused && call.kind === "action") world.refuse(call, identity);
      const failing = fault.error !== undefined && (fault.definite !== true || refused);
      const acts = !fault.lost && !(failing && fault.effect === "before");
      if (acts && call.kind === "action")
        world.act(call, identity, failing && fault.effect === "late" ? "late" : "now");
      if (acts && call.kind === "undo") world.undo(call, identity, position, !failing);
      if (fault.ends) {
        if (world.left().length > 0)
          world.offend("S7", `its time is up with the effects of ${world.left().join(", ")}`);
        throw new Over("TIMED_OUT");
      }
      if (failing) return new Failure(fault.error, `${OUTSIDE} ${call.state} fails`);
      return { token: `${OUTSIDE} ${call.kind} ${identity}` };
    } catch (error) {
      if (error instanceof AlreadyUndone) return new Failure(error.name, error.message);
      throw error;
    }
  }

  /** Branches, or items: where their state fails, what they would have put out is lost, or was never there. */
  private async withRecords(frame: Frame, name: string, state: StateJson, retries: number): Promise<Outcome> {
    try {
      return await this.together(frame, name, state, retries);
    } catch (error) {
      if (error instanceof Failure) this.world.loseRecordsOf(tasksIn(state));
      throw error;
    }
  }

  /** Branches, or items. What they do in which order decides nothing but who has begun when one of them fails. */
  private async together(frame: Frame, name: string, state: StateJson, retries: number): Promise<Outcome> {
    frame.children ??= await this.childrenOf(frame, name, state, retries);
    const { children } = frame;
    const failures: (readonly [Frame, Failure])[] = [];
    let begin = true;
    for (const [index, child] of children.entries()) {
      if (!begin) break;
      try {
        await this.runFrame(child);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        failures.push([child, error]);
        const siblings = [{ label: "fails after the branches beside it" }, { label: "fails before they begin" }];
        if (index < children.length - 1 && failures.length === 1) begin = this.choose(name, siblings) === siblings[0];
      }
    }
    for (const [failed, failure] of failures) {
      this.judgeSiblings(
        name,
        children.filter((child) => child !== failed),
        failure,
      );
      throw failure;
    }
    const result = children.map(({ done }) => done?.output ?? null);
    if (JSON.stringify(result).includes(OUTSIDE)) {
      const { error } = this.choose(name, SIZES);
      if (error !== undefined) {
        throw new Failure(error, undefined);
      }
    }
    return this.leave(frame, name, state, result, { result }, retries);
  }

  /** S10: before the pivot no branch aborts another one; an undo that is stuck can't help it. */
  private judgeSiblings(name: string, siblings: readonly Frame[], { origin, error }: Failure): void {
    if (this.world.committed || !origin || callOf(this.declaration, origin.state).kind === "undo") return;
    const changes = ({ States }: Sequence): boolean =>
      Object.entries(States).some(([inner, state]) => {
        const call = callOf(this.declaration, inner);
        return (call.kind === "action" && call.declared.role !== "query") || innerOf(state).some(changes);
      });
    if (!siblings.some(({ sequence }) => changes(sequence))) return;
    this.world.offend("S10", `${origin.state} fails with ${error}, and ${name} stops what is beside it`);
  }

  private async childrenOf(frame: Frame, name: string, state: StateJson, retries: number): Promise<readonly Frame[]> {
    const around = this.position(frame);
    const child = (sequence: Sequence, input: Json, part: string): Frame =>
      this.frame(sequence, input, frame, around, `${frame.place}/${name}[${part}]`);
    if (state.Type === "Parallel") {
      const given = await this.evaluate(frame, name, state.Arguments ?? frame.input, {}, retries);
      return (state.Branches ?? []).map((branch, index) => child(branch, given, String(index)));
    }
    const items = await this.evaluate(frame, name, state.Items ?? frame.input, {}, retries);
    if (!Array.isArray(items)) throw queryFailed(`the Items of ${name} are ${JSON.stringify(items)}`);
    const frames: Frame[] = [];
    for (const [Index, Value] of (items as readonly Json[]).entries()) {
      const map = { Map: { Item: { Index, Value } } };
      const input =
        state.ItemSelector === undefined
          ? Value
          : await this.evaluate(frame, name, state.ItemSelector, { more: map }, retries);
      frames.push(child(state.ItemProcessor as Sequence, input, `item ${Index}`));
    }
    return frames;
  }

  private async leave(
    frame: Frame,
    name: string,
    { Assign, Output, Next }: Leaving,
    output: Json,
    own: { readonly result?: Json; readonly errorOutput?: Json },
    retries = 0,
  ): Promise<Outcome> {
    const assigned = Assign ? await this.evaluate(frame, name, Assign, own, retries) : {};
    const evaluated = Output === undefined ? output : await this.evaluate(frame, name, Output, own, retries);
    for (const [variable, value] of Object.entries(assigned as JsonObject)) frame.variables.set(variable, value);
    return { output: evaluated, next: Next };
  }

  private async evaluate(
    frame: Frame,
    name: string,
    template: Json,
    { more, ...own }: { readonly result?: Json; readonly errorOutput?: Json; readonly more?: JsonObject },
    retries = 0,
  ): Promise<Json> {
    const lookup = (variable: string): Json | undefined => {
      for (let at: Frame | undefined = frame; at; at = at.parent) {
        if (at.variables.has(variable)) return at.variables.get(variable);
      }
      return undefined;
    };
    const State = { Name: name, EnteredTime: "2025-01-01T00:00:00.000Z", RetryCount: retries };
    const context = { ...this.context, State, ...more };
    const contextKey = `${this.inputKey}${name}\0${retries}${more ? JSON.stringify(more) : ""}`;
    try {
      return await evaluate(template, { lookup, states: { input: frame.input, ...own, context }, contextKey });
    } catch (error) {
      if (!(error instanceof QueryFailed)) throw error;
      this.raised.add(name);
      throw queryFailed(error.message);
    }
  }

  private position(frame: Frame): Position {
    return [...frame.around, [frame.id, frame.step]];
  }
}

/** The tasks in the branches of a state, or within these. */
const tasksIn = (state: StateJson): readonly string[] =>
  innerOf(state).flatMap(({ States }) =>
    Object.entries(States).flatMap(([name, inner]) => (inner.Type === "Task" ? [name] : tasksIn(inner))),
  );

const queryFailed = (cause: string): Failure => new Failure("States.QueryEvaluationError", cause);
