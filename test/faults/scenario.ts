import { type Json, type TaskCall, TaskFailure, type VirtualClock } from "../../saga/interpreter";
import type { DeployedFunction } from "../../saga/local/lambda/function";
import { invokeTask } from "../../saga/local/lambda/task";
import { outcomeOf } from "../../saga/local/report";
import { check } from "./check";
import type { Delivery, Kind } from "../../saga/testing/faults/kinds";
import type { Setting } from "./orders";
import { runCalls, type Stage } from "./stage";
import { DYING, WITHOUT_RIGHTS } from "../../saga/testing/faults/twins";
import { holding } from "../../saga/testing/virtual";

/** What goes wrong with the calls of one state. */
export interface Fault {
  readonly state: string;
  readonly kind: Kind;
}

/** Of several faults of one state, each strikes after the one before has. */
export interface Scenario {
  readonly setting: Setting;
  readonly faults: readonly Fault[];
}

export interface Tried {
  /** How often each state has made its call, in the order of the first times. */
  readonly tries: ReadonlyMap<string, number>;
  readonly redrives: number;
  readonly violations: readonly string[];
}

const MOST_REDRIVES = 5;

/** Runs one order under faults until it has ended and all has landed, and looks what is wrong. */
export async function tryOut(stage: Stage, { setting, faults }: Scenario, order_id: string): Promise<Tried> {
  const { cloud, start } = stage;
  await runCalls(cloud, setting.earlier(order_id), `earlier-${order_id}`);
  const before = await cloud.table.rows(order_id);

  const trial = new Trial(stage, faults);
  const { execution } = start(order_id, setting.input(order_id), trial.meddle);
  let result = await execution.result;
  let redrives = 0;
  for (; outcomeOf(result) === "stuck" && redrives < MOST_REDRIVES; redrives++) {
    trial.mend();
    result = await execution.redrive();
  }
  await trial.land(Infinity);

  const after = await cloud.table.rows(order_id);
  const entered = new Set(trial.tries.keys());
  const violations = check({ saga: execution.arn, result, entered, before, after });
  const idle = trial.left.filter(({ kind }) => !kind.lasting).map(({ state, kind }) => `${state} never ${kind.name}`);
  return { tries: trial.tries, redrives, violations: [...violations, ...idle] };
}

/** Stands between one execution and its functions. */
class Trial {
  readonly tries = new Map<string, number>();
  readonly left: Fault[];
  private underway: { readonly due: number; readonly arrive: () => Promise<unknown> }[] = [];
  private struck = new Set<Fault>();
  private calls = 0;

  constructor(
    private readonly stage: Stage,
    faults: readonly Fault[],
  ) {
    this.left = [...faults];
  }

  readonly meddle = async (call: TaskCall, deliver: () => Promise<Json>, clock: VirtualClock): Promise<Json> => {
    const { state } = call;
    const number = ++this.calls;
    this.tries.set(state, (this.tries.get(state) ?? 0) + 1);
    await this.land(number);
    const fault = this.left.find((each) => each.state === state);
    if (!fault) return deliver();
    this.struck.add(fault);
    if (!fault.kind.lasting) this.left.splice(this.left.indexOf(fault), 1);
    const delivery: Delivery = {
      deliver,
      deliverWithoutRights: () => this.invokeTwin(WITHOUT_RIGHTS, call, clock),
      deliverAndDie: () => this.invokeTwin(DYING, call, clock),
      deliverLater: (calls) => this.underway.push({ due: number + calls, arrive: deliver }),
    };
    return fault.kind.strike(delivery);
  };

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

  private invokeTwin(suffix: string, { arguments: args }: TaskCall, clock: VirtualClock): Promise<Json> {
    const { FunctionName, Payload } = args as { FunctionName: string; Payload: Json };
    const twin = this.stage.cloud.functions.get(`${this.stage.tasks.get(FunctionName) as string}${suffix}`);
    return holding(clock, () => invokeTask(twin as DeployedFunction, Payload));
  }
}
