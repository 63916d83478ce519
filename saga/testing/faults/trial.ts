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
import { outcomeOf } from "../../local/report";
import { holding } from "../virtual";
import { type Content, contentOf, differing, rowsWith, SELF } from "./content";
import type { Delivery, Kind } from "./kinds";
import type { Message } from "../../local/services/outbox";
import type { Stage } from "./stage";
import { DYING, WITHOUT_RIGHTS } from "./twins";

/** What goes wrong with the calls of one state. */
export interface Fault {
  readonly state: string;
  readonly kind: Kind;
}

/** What a saga is given, and what other sagas have left there. */
export interface Setting {
  readonly name: string;
  readonly input: Json;
  /** Calls of functions in another saga's name, each of which must succeed. */
  readonly earlier: readonly EarlierCall[];
}

export interface EarlierCall {
  readonly functionArn: string;
  readonly payload: JsonObject;
  /** The state that makes such a call. */
  readonly what: string;
}

/** A call in another saga's name has failed: its setting is not there to try anything in. */
export class EarlierCallError extends Error {
  override readonly name = "EarlierCallError";
}

/** Of several faults of one state, each strikes after the one before has. */
export interface Scenario {
  readonly setting: Setting;
  readonly faults: readonly Fault[];
}

/** What is answered with a task token, by the state that waits for it. */
export type Answers = Readonly<
  Record<string, { readonly output: Json } | { readonly error: string; readonly cause: string }>
>;

/** One try of a call. */
export interface Try {
  readonly state: string;
  /** Whose call it is: the step's name, and in a list the item's index; absent where the call does not say (S11). */
  readonly step?: string;
  /** Of a call of a function that runs here. */
  readonly functionArn?: string;
  readonly payload?: JsonObject;
  /** Whether what was called has done it, as far as it says; however late. */
  took: boolean;
  /** Whether the execution has heard that it has. */
  heard: boolean;
  /** Whether, before it was done, an undo in the name of the same step had been. */
  afterUndo: boolean;
}

export interface Tried {
  readonly scenario: Scenario;
  /** The execution's ARN, in whose name it writes. */
  readonly saga: string;
  readonly result: ExecutionResult;
  readonly history: readonly HistoryEvent[];
  /** All task tokens that its calls handed out. */
  readonly tokens: readonly string[];
  /** What is wrong with the tokens in the tables: seen whenever a state waited for its answer. */
  readonly deadTokens: readonly string[];
  /** In the order in which they were begun. */
  readonly tries: readonly Try[];
  readonly redrives: number;
  readonly before: Content;
  readonly after: Content;
  readonly sent: readonly Message[];
  /** Faults that there was no call for. */
  readonly idle: readonly Fault[];
  /** The states of which a call was seen to change something: where that was looked at. */
  readonly seen: ReadonlySet<string>;
}

export interface TryOptions {
  readonly name: string;
  readonly answers?: Answers;
  /** Tells of calls that do not say whose they are, as those of other services, which of them undoes which. */
  readonly declaration?: Declaration;
  /** Makes one call after the other, and looks what each of them changes. */
  readonly watch?: boolean;
}

const MOST_REDRIVES = 5;

/** An undo calls in the name of the step that it undoes, not in its own (S11). */
export const isUndo = ({ state, step }: Try): boolean => step !== undefined && step.replace(/\[.*/, "") !== state;

/** The states that made calls, in the order of their first ones. */
export const statesOf = ({ tries }: Tried): readonly string[] => [...new Set(tries.map(({ state }) => state))];

/** Runs one execution under faults, on tables with nothing in them but what the setting says, until all has landed. */
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
    throw new EarlierCallError(`${what} fails in that saga's name: ${(error as Error).message}`);
  });
}

/** Stands between one execution and what it calls. */
class Trial {
  readonly tries: Try[] = [];
  readonly left: Fault[];
  readonly seen = new Set<string>();
  /** By the call that handed them out, the one that is waited for last. */
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

  /** Looks what a call changes, while no other is made. */
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

  /** Whoever answers reads the token in a row: that of an earlier try is dead, and the state would wait for its timeout. */
  private async checkTokens(name: string, clock: VirtualClock): Promise<void> {
    const [live = "", ...dead] = (this.tokens.get(name) ?? []).toReversed();
    if (dead.length === 0) return;
    const content = await holding(clock, () => contentOf(this.stage.tables));
    if (rowsWith(content, live).length > 0) return;
    for (const key of dead.flatMap((token) => rowsWith(content, token))) {
      const named = key.replaceAll(this.execution?.arn ?? SELF, SELF);
      this.deadTokens.add(`${named} keeps the task token of an earlier try of ${name}: its answer would be refused`);
    }
  }

  /** @throws Error where nobody has said what is answered */
  private reply(state: string, token: string): void {
    const answer = this.options.answers?.[state];
    if (!answer) throw new Error(`'${state}' waits for an answer: say which, as with --answer ${state}='{…}'`);
    try {
      if ("output" in answer) this.execution?.sendTaskSuccess(token, answer.output);
      else this.execution?.sendTaskFailure(token, answer.error, answer.cause);
    } catch (error) {
      // Whoever answers late, or twice, is told so; to the saga it is nothing.
      if (!(error instanceof TaskTimedOut)) throw error;
    }
  }

  /** Lets arrive what is due before the call of that number. */
  async land(number: number): Promise<void> {
    const due = this.underway.filter((late) => late.due <= number);
    this.underway = this.underway.filter((late) => late.due > number);
    for (const { arrive } of due) {
      await arrive().catch((error: unknown) => {
        if (!(error instanceof TaskFailure)) throw error;
      });
    }
  }

  /** Ends the lasting faults that have struck, as somebody would before a redrive. */
  mend(): void {
    for (const fault of this.struck) {
      if (this.left.includes(fault)) this.left.splice(this.left.indexOf(fault), 1);
    }
  }
}

/** What a call says of itself; or what the saga says of it. */
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
