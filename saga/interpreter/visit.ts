import type { Fallible, Result, State } from "./definition";
import { Interrupted, StateFailure } from "./errors";
import { type Bindings, EvaluationError, evaluateTemplate, evaluateTyped, type Template } from "./expressions";
import type { Frame, MapItem } from "./frame";
import type { EventDetails } from "./history";
import { exceedsPayloadLimit, isObject, type Json, type JsonObject, type JsonTypeName } from "./json";
import { findRule, RetryBudget } from "./retry";
import type { Context, Runtime } from "./runtime";

/** How a state was left. */
export interface Outcome {
  readonly output: Json;
  readonly assigned: JsonObject;
  /** Absent where the sequence ends. */
  readonly next: string | undefined;
}

/** What `$states` has besides `input` and `context`. */
type StatesExtra = { readonly result?: Json; readonly errorOutput?: Json };

/** One stay in a state, from its StateEntered to its StateExited event, retries included. */
export class Visit<S extends State = State> {
  retryCount = 0;
  taskToken: string | undefined;
  readonly input: Json;
  private readonly enteredTime: string;

  constructor(
    readonly runtime: Runtime,
    readonly frame: Frame,
    readonly state: S,
    readonly signal: AbortSignal,
  ) {
    this.input = frame.input;
    this.enteredTime = new Date(runtime.clock.now()).toISOString();
  }

  /** Adds an event of this state to the history. */
  record(type: string, details: EventDetails = {}): number {
    const iteration = this.frame.mapItem?.Index;
    return this.runtime.history.add(this.frame.thread, type, {
      state: this.state.name,
      ...(iteration !== undefined && { iteration }),
      ...details,
    });
  }

  /** @param mapItem Of the Map's own ItemSelector: the states of its iterations have none. */
  context(mapItem?: MapItem): Context {
    if (this.runtime.fixedContext) return this.runtime.fixedContext;
    return {
      ...this.runtime.context,
      State: { Name: this.state.name, EnteredTime: this.enteredTime, RetryCount: this.retryCount },
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

  /** Evaluates a field that wants a number which the service would also take as a literal. */
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

  /** An error of the state itself, worded as the service words it. */
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
  attempt: () => Promise<Outcome>,
  onFailure: () => void = () => {},
): Promise<Outcome> {
  const { state, runtime } = visit;
  const budget = new RetryBudget(state.retry, runtime.random);
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StateFailure)) throw error;
      const delay = budget.take(error);
      if (delay !== undefined) {
        await visit.sleep(delay);
        visit.retryCount++;
        continue;
      }
      onFailure();
      const catcher = state.catch[findRule(state.catch, error)];
      if (!catcher) throw error;
      const errorOutput = { Error: error.error ?? "", Cause: error.cause ?? "" };
      return visit.leave(catcher, catcher.next, errorOutput, { errorOutput });
    }
  }
}
