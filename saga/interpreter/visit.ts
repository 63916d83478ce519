import type { Fallible, Result, State } from "./definition";
import { Interrupted, StateFailure } from "./errors";
import { type Bindings, EvaluationError, evaluateTemplate, evaluateTyped, type Template } from "./expressions";
import type { Frame, MapItem, Progress } from "./frame";
import type { EventDetails } from "./history";
import { exceedsPayloadLimit, isObject, type Json, type JsonObject, type JsonTypeName } from "./json";
import type { Mark, Place } from "./marks";
import { findRule, RetryBudget } from "./retry";
import type { Context, Runtime } from "./runtime";

/** How a state was left. */
export interface Outcome {
  readonly output: Json;
  readonly assigned: JsonObject;
  /** Undefined if the sequence ends. */
  readonly next: string | undefined;
}

/** What `$states` has besides `input` and `context`. */
type StatesExtra = { readonly result?: Json; readonly errorOutput?: Json };

/** A mark without its place, which the visit adds. */
type OwnMark = Mark extends infer M ? (M extends Place ? Omit<M, keyof Place> : never) : never;

/** One stay in a state, from its StateEntered to its StateExited event, retries included. */
export class Visit<S extends State = State> {
  retryCount = 0;
  taskToken: string | undefined;
  readonly input: Json;
  private progress: Progress | undefined;

  /** @param progress Only in a restored execution: how far the state had come. */
  constructor(
    readonly runtime: Runtime,
    readonly frame: Frame,
    readonly state: S,
    readonly signal: AbortSignal,
    progress?: Progress,
  ) {
    this.input = frame.input;
    this.progress = progress;
  }

  /** How far the state had come before a restore. Only the first call returns it: all that follows happens now. */
  takeProgress(): Progress | undefined {
    const { progress } = this;
    this.progress = undefined;
    return progress;
  }

  /** Adds the event with which the state is entered. */
  enter(): void {
    const { frame, runtime } = this;
    frame.recorded.clear();
    frame.enteredId = this.record(`${this.state.type}StateEntered`, { input: frame.input });
    frame.enteredAt = runtime.history.events[frame.enteredId - 1]?.timestamp ?? runtime.clock.now();
  }

  /** Adds an event of this state to the history. */
  record(type: string, details: EventDetails = {}): number {
    return this.runtime.history.add(this.frame.thread, type, {
      state: this.state.name,
      ...this.frame.itemDetails(),
      ...details,
    });
  }

  /** Adds an event of the state's end, unless it is recorded already. */
  recordOnce(type: string): void {
    if (!this.frame.recorded.delete(type)) this.record(type);
  }

  /** Adds a fact of this state that a restore needs and that no event contains. */
  mark(mark: OwnMark): void {
    const { items } = this.frame;
    this.runtime.history.mark({ ...mark, state: this.state.name, ...(items.length > 0 && { items }) });
  }

  /** @param mapItem For the Map's own ItemSelector: the states of its iterations have none. */
  context(mapItem?: MapItem): Context {
    if (this.runtime.fixedContext) return this.runtime.fixedContext;
    return {
      ...this.runtime.context,
      State: {
        Name: this.state.name,
        EnteredTime: new Date(this.frame.enteredAt).toISOString(),
        RetryCount: this.retryCount,
      },
      ...(this.taskToken !== undefined && { Task: { Token: this.taskToken } }),
      ...(mapItem && { Map: { Item: { ...mapItem } } }),
    };
  }

  bindings(extra: StatesExtra = {}, context: Context = this.context()): Bindings {
    return {
      ...this.runtime.functions,
      ...this.frame.scope.visible(),
      states: { input: this.input, context, ...extra },
    };
  }

  evaluate(template: Template, bindings = this.bindings()): Promise<Json> {
    return this.guard(() => evaluateTemplate(template, bindings));
  }

  evaluateTyped(template: Template, expected: JsonTypeName, bindings = this.bindings()): Promise<Json> {
    return this.guard(() => evaluateTyped(template, bindings, expected));
  }

  /** Evaluates a field that requires a number within the bounds that the service sets for a literal. */
  async evaluateNumber(template: Template, field: string, accepts: (value: number) => boolean): Promise<number> {
    const value = (await this.evaluateTyped(template, "number")) as number;
    if (!accepts(value)) this.evaluationFailed(field, `The ${field} field has a value that is out of range: ${value}`);
    return value;
  }

  /** Turns what JSONata throws into the error that the state reports. */
  private async guard<T>(evaluate: () => Promise<T>): Promise<T> {
    try {
      return await evaluate();
    } catch (error) {
      if (error instanceof EvaluationError) this.evaluationFailed(error.location, error.message);
      throw error;
    }
  }

  evaluationFailed(location: string | undefined, detail: string): never {
    const failure = this.failure("States.QueryEvaluationError", detail);
    this.record("EvaluationFailed", {
      ...(location !== undefined && { location }),
      error: "States.QueryEvaluationError",
      cause: failure.cause ?? "",
    });
    throw failure;
  }

  /** An error of the state itself, in the service's words. */
  failure(error: string, detail: string): StateFailure {
    const { name } = this.state;
    const where = `An error occurred while executing the state '${name}' (entered at the event id #${this.frame.enteredId}).`;
    return new StateFailure(error, `${where} ${detail}`);
  }

  checkSize(value: Json, subject = `The state/task '${this.state.name}' returned a result`): void {
    if (exceedsPayloadLimit(value)) {
      throw new StateFailure(
        "States.DataLimitExceeded",
        `${subject} with a size exceeding the maximum number of bytes service limit.`,
      );
    }
  }

  /** Evaluates Assign and Output, both from the values before either, and leaves the state. */
  async leave(result: Result, next: string | undefined, output: Json, extra: StatesExtra = {}): Promise<Outcome> {
    const { assign } = result;
    if (!assign && !result.output) {
      this.checkSize(output);
      return { output, assigned: {}, next };
    }
    const bindings = this.bindings(extra);
    const assigned = assign ? await this.evaluate(assign, bindings) : {};
    const evaluated = result.output ? await this.evaluate(result.output, bindings) : output;
    this.checkSize(assigned, `The state/task '${this.state.name}' assigned variables`);
    this.checkSize(evaluated);
    return { output: evaluated, assigned: isObject(assigned) ? assigned : {}, next };
  }

  /** Whether a Parallel or a Map continues its existing branches or iterations. */
  goesOnWithChildren(resuming: boolean): boolean {
    return resuming && this.frame.children !== undefined && this.progress?.retryAt === undefined;
  }

  sleep(ms: number): Promise<void> {
    return this.runtime.clock.sleep(ms, this.signal);
  }

  throwIfInterrupted(): void {
    if (this.signal.aborted) throw new Interrupted();
  }
}

/** Runs a Task, Parallel or Map under its Retry and Catch. */
export async function withRetryAndCatch<S extends State & Fallible>(
  visit: Visit<S>,
  attempt: (progress: Progress | undefined) => Promise<Outcome>,
  onFailure: () => void = () => {},
): Promise<Outcome> {
  const { state, runtime } = visit;
  const before = visit.takeProgress();
  const { retries = [], retryAt, failure, gaveUp } = before ?? {};
  visit.retryCount = retries.length;
  if (gaveUp) {
    // An error after that comes from the catcher's own Assign or Output.
    if (failure) throw failure.error;
    return giveUp(visit, gaveUp.error, gaveUp.catcher, onFailure);
  }
  const budget = new RetryBudget(state.retry, runtime.random, retries);
  if (retryAt !== undefined) {
    visit.retryCount--;
    await visit.sleep(retryAt - runtime.clock.now());
    visit.retryCount++;
  }
  for (let progress = before; ; progress = undefined) {
    try {
      if (progress?.failure) throw progress.failure.error;
      return await attempt(progress);
    } catch (error) {
      if (!(error instanceof StateFailure)) throw error;
      const retry = budget.take(error);
      if (retry) {
        const now = runtime.clock.now();
        const until = (progress?.failure?.at ?? now) + retry.delay;
        visit.mark({ mark: "retry", retrier: retry.retrier, until });
        await visit.sleep(until - now);
        visit.retryCount++;
        continue;
      }
      const catcher = findRule(state.catch, error);
      const { error: name, cause, path } = error;
      const details = { ...(name !== undefined && { error: name }), ...(cause !== undefined && { cause }), path };
      visit.mark({ mark: "gaveUp", failure: { ...details }, ...(catcher >= 0 && { catcher }) });
      return giveUp(visit, error, catcher, onFailure);
    }
  }
}

function giveUp(
  visit: Visit<State & Fallible>,
  failure: StateFailure,
  rule: number | undefined,
  onFailure: () => void,
): Promise<Outcome> {
  onFailure();
  const catcher = visit.state.catch[rule ?? -1];
  if (!catcher) throw failure;
  const errorOutput = { Error: failure.error ?? "", Cause: failure.cause ?? "" };
  return visit.leave(catcher, catcher.next, errorOutput, { errorOutput });
}
