import type { Declaration } from "../../asl/declaration";
import {
  type Execution,
  type ExecutionResult,
  type HistoryEvent,
  type Json,
  type JsonObject,
  type TaskCall,
  TaskFailure,
  TaskTimedOut,
  type VirtualClock,
} from "../../interpreter";
import { serviceOf } from "../../local/call-faults";
import { invokeTask } from "../../local/lambda/task";
import { outcomeOf } from "../../asl/outcome";
import { holding } from "../virtual";
import { type Content, contentOf, differing, rowsWith, SELF } from "./content";
import type { Delivery, Kind } from "./kinds";
import type { Message } from "../../local/services/outbox";
import type { Stage } from "./stage";
import { DYING, WITHOUT_RIGHTS } from "./twins";

/** A kind of fault at the calls of one state. */
export interface Fault {
  readonly state: string;
  readonly kind: Kind;
}

/** A saga's input, and what other sagas have left in the tables. */
export interface Setting {
  readonly name: string;
  readonly input: Json;
  /** Calls of functions with another saga's identity. Each must succeed. */
  readonly earlier: readonly EarlierCall[];
}

export interface EarlierCall {
  readonly functionArn: string;
  readonly payload: JsonObject;
  /** The state that makes this call. */
  readonly what: string;
}

/** A call with another saga's identity has failed, so its setting can't be set up. */
export class EarlierCallError extends Error {
  override readonly name = "EarlierCallError";
}

/** Several faults of one state strike one after the other. */
export interface Scenario {
  readonly setting: Setting;
  readonly faults: readonly Fault[];
}

/** The answers with task tokens, by the state that waits. */
export type Answers = Readonly<
  Record<string, { readonly output: Json } | { readonly error: string; readonly cause: string }>
>;

/** One try of a call. */
export interface Try {
  readonly state: string;
  /** The step's name, and in a list the item's index; absent if the call has no saga's identity (S11). */
  readonly step?: string;
  /** Present if the call is of a function that runs here. */
  readonly functionArn?: string;
  readonly payload?: JsonObject;
  /** Whether the call succeeded, however late. */
  took: boolean;
  /** Whether the execution received the answer. */
  heard: boolean;
  /** Whether an undo of the same step had succeeded before. */
  afterUndo: boolean;
}

export interface Tried {
  readonly scenario: Scenario;
  /** The execution's ARN, which is the saga's id in its writes. */
  readonly saga: string;
  readonly result: ExecutionResult;
  readonly history: readonly HistoryEvent[];
  /** All task tokens of its calls. */
  readonly tokens: readonly string[];
  /** What was wrong with the tokens in the tables, whenever a state waited for its answer. */
  readonly deadTokens: readonly string[];
  /** In the order in which they began. */
  readonly tries: readonly Try[];
  readonly redrives: number;
  readonly before: Content;
  readonly after: Content;
  readonly sent: readonly Message[];
  /** Faults that struck no call. */
  readonly idle: readonly Fault[];
  /** The states whose calls changed something, if calls were watched. */
  readonly seen: ReadonlySet<string>;
}

export interface TryOptions {
  readonly name: string;
  readonly answers?: Answers;
  /** Says which call undoes which, for calls without a saga's identity, such as those of other services. */
  readonly declaration?: Declaration;
  /** Whether to make one call at a time, and to watch what each one changes. */
  readonly watch?: boolean;
}

const MOST_REDRIVES = 5;

/** An undo's identity has the name of the step that it undoes (S11). */
export const isUndo = ({ state, step }: Try): boolean => step !== undefined && step.replace(/\[.*/, "") !== state;

/** The states that made calls, in the order of their first ones. */
export const statesOf = ({ tries }: Tried): readonly string[] => [...new Set(tries.map(({ state }) => state))];

/** Runs one execution with faults, on tables that contain only what the setting says, until all calls have ended. */
export async function tryOut(stage: Stage, scenario: Scenario, options: TryOptions): Promise<Tried> {
  const { setting, faults } = scenario;
  for (const table of stage.tables) await table.clear();
  for (const call of setting.earlier) await makeEarlier(stage, call);
  const before = await contentOf(stage.tables);
  const sent = stage.sent().length;

  const trial = new Trial(stage, faults, options);
  const { execution } = stage.start(options.name, setting.input, trial.meddle);
  trial.execution = execution;
  let result = await execution.result;
  let redrives = 0;
  for (; outcomeOf(result) === "stuck" && redrives < MOST_REDRIVES; redrives++) {
    trial.mend();
    result = await execution.redrive();
  }
  await trial.land(Infinity);
  return {
    scenario,
    saga: execution.arn,
    result,
    history: execution.history,
    tokens: [...trial.tokens.values()].flat(),
    deadTokens: [...trial.deadTokens],
    tries: trial.tries,
    redrives,
    before,
    after: await contentOf(stage.tables),
    sent: stage.sent().slice(sent),
    idle: trial.left.filter(({ kind }) => !kind.lasting),
    seen: trial.seen,
  };
}

/** @throws EarlierCallError */
async function makeEarlier(stage: Stage, { functionArn, payload, what }: EarlierCall): Promise<void> {
  const run = stage.functionAt(functionArn);
  await run.invoke(payload).catch((error: unknown) => {
    throw new EarlierCallError(`${what} fails with that saga's identity: ${(error as Error).message}`);
  });
}

/** Intercepts the calls of one execution. */
class Trial {
  readonly tries: Try[] = [];
  readonly left: Fault[];
  readonly seen = new Set<string>();
  /** By step: the tokens of its tries. The last one is the token that the state waits for. */
  readonly tokens = new Map<string, string[]>();
  readonly deadTokens = new Set<string>();
  execution: Execution | undefined;
  private underway: { readonly due: number; readonly arrive: () => Promise<unknown> }[] = [];
  private struck = new Set<Fault>();
  private calls = 0;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly stage: Stage,
    faults: readonly Fault[],
    private readonly options: TryOptions,
  ) {
    this.left = [...faults];
  }

  readonly meddle = async (call: TaskCall, send: () => Promise<Json>, clock: VirtualClock): Promise<Json> => {
    const number = ++this.calls;
    const made = tryOf(call, this.options.declaration, this.stage);
    this.tries.push(made);
    const name = made.step ?? call.state;
    if (call.taskToken !== undefined) this.tokens.set(name, [...(this.tokens.get(name) ?? []), call.taskToken]);
    const deliver = (): Promise<Json> => this.deliver(made, send, clock);
    await this.land(number);
    const fault = this.left.find((each) => each.state === call.state);
    const answer = fault ? await this.strike(fault, { call, made, deliver, number, clock }) : await deliver();
    made.heard = true;
    if (call.taskToken !== undefined) {
      await this.checkTokens(name, clock);
      this.reply(call.state, call.taskToken);
    }
    return answer;
  };

  private strike(
    fault: Fault,
    {
      call,
      made,
      deliver,
      number,
      clock,
    }: Readonly<{ call: TaskCall; made: Try; clock: VirtualClock; number: number }> & {
      readonly deliver: () => Promise<Json>;
    },
  ): Promise<Json> {
    this.struck.add(fault);
    if (!fault.kind.lasting) this.left.splice(this.left.indexOf(fault), 1);
    const twin = (name: string) => (): Promise<Json> => {
      const run = this.stage.functionAt(made.functionArn as string, name);
      return holding(clock, () => invokeTask(run, made.payload as Json));
    };
    const delivery: Delivery = {
      service: serviceOf(call.resource),
      deliver,
      deliverWithoutRights: twin(WITHOUT_RIGHTS),
      deliverAndDie: twin(DYING),
      deliverLater: (calls) => this.underway.push({ due: number + calls, arrive: deliver }),
    };
    return fault.kind.strike(delivery);
  }

  private async deliver(made: Try, send: () => Promise<Json>, clock: VirtualClock): Promise<Json> {
    const undone = this.tries.some((each) => isUndo(each) && each.step === made.step && each.took);
    const answer = await (this.options.watch === true ? this.watch(made.state, send, clock) : send());
    made.took = true;
    if (undone && !isUndo(made)) made.afterUndo = true;
    return answer;
  }

  /** Makes a call while no other runs, and notes whether it changes something. */
  private watch(state: string, send: () => Promise<Json>, clock: VirtualClock): Promise<Json> {
    const { stage, seen } = this;
    const watched = this.turn.then(() =>
      holding(clock, async () => {
        const [before, sent] = [await contentOf(stage.tables), stage.sent().length];
        const answer = await send();
        if (differing(before, await contentOf(stage.tables)).length > 0 || stage.sent().length > sent) seen.add(state);
        return answer;
      }),
    );
    this.turn = watched.catch(() => {});
    return watched;
  }

  /**
   * The one who answers reads the token in a row. With the token of an earlier try, the state would wait until its
   * timeout.
   */
  private async checkTokens(name: string, clock: VirtualClock): Promise<void> {
    const [live = "", ...dead] = (this.tokens.get(name) ?? []).toReversed();
    if (dead.length === 0) return;
    const content = await holding(clock, () => contentOf(this.stage.tables));
    if (rowsWith(content, live).length > 0) return;
    for (const key of dead.flatMap((token) => rowsWith(content, token))) {
      const named = key.replaceAll(this.execution?.arn ?? SELF, SELF);
      this.deadTokens.add(
        `${named} keeps the task token of an earlier try of ${name}: Step Functions would refuse the answer`,
      );
    }
  }

  /** @throws Error if no answer is given for the state */
  private reply(state: string, token: string): void {
    const answer = this.options.answers?.[state];
    if (!answer) throw new Error(`'${state}' waits for an answer: give one, such as --answer ${state}='{…}'`);
    try {
      if ("output" in answer) this.execution?.sendTaskSuccess(token, answer.output);
      else this.execution?.sendTaskFailure(token, answer.error, answer.cause);
    } catch (error) {
      // A late or second answer is refused. That does not concern the saga.
      if (!(error instanceof TaskTimedOut)) throw error;
    }
  }

  /** Makes the late calls that are due before the call of that number. */
  async land(number: number): Promise<void> {
    const due = this.underway.filter((late) => late.due <= number);
    this.underway = this.underway.filter((late) => late.due > number);
    for (const { arrive } of due) {
      await arrive().catch((error: unknown) => {
        if (!(error instanceof TaskFailure)) throw error;
      });
    }
  }

  /** Ends the lasting faults that have struck, as an operator would before a redrive. */
  mend(): void {
    for (const fault of this.struck) {
      if (this.left.includes(fault)) this.left.splice(this.left.indexOf(fault), 1);
    }
  }
}

/** A try, by the call's identity, or by the saga's declaration. */
function tryOf(
  { state, resource, arguments: args, iteration }: TaskCall,
  declaration: Declaration | undefined,
  { hasTwins }: Stage,
): Try {
  const { FunctionName, Payload } = args as { readonly FunctionName?: string; readonly Payload?: JsonObject };
  const calls = Object.entries(declaration?.calls ?? {});
  const declared = calls.find(([name, { undo }]) => name === state || undo === state)?.[0];
  const step =
    (Payload?.["saga"] as { readonly step?: string } | undefined)?.step ??
    (declared !== undefined && iteration !== undefined ? `${declared}[${iteration}]` : declared);
  return {
    state,
    ...(step !== undefined && { step }),
    ...(/:lambda:invoke/.test(resource) &&
      FunctionName !== undefined &&
      hasTwins(FunctionName) && { functionArn: FunctionName }),
    ...(Payload !== undefined && { payload: Payload }),
    took: false,
    heard: false,
    afterUndo: false,
  };
}
