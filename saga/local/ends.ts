import type { JsonObject } from "../interpreter";
import type { Journal } from "./data/journal";
import type { Deliveries } from "./deliveries";
import { statusChange } from "./event-bus";
import type { KnownExecution } from "./step-functions/executions";
import { surplus } from "./step-functions/retention";
import type { StepFunctions } from "./step-functions/service";

export interface EndsContext {
  readonly stepFunctions: StepFunctions;
  readonly deliveries: Deliveries;
  /** Puts an event on the bus. */
  readonly publish: (event: JsonObject) => Promise<void>;
  readonly journal: Pick<Journal, "told" | "durable"> | undefined;
  /** How many executions are kept that have ended, and how many that are stuck. All of them unless it is said. */
  readonly keep: number | undefined;
}

/** What an execution's end leads to: the bus is told of it, and what ended long ago is let go. */
export class Ends {
  /** The executions of whose ends the bus has not been told. */
  private readonly untold = new Set<string>();

  constructor(private readonly context: EndsContext) {}

  /** Takes an execution that has just ended. */
  add(ended: KnownExecution): void {
    const { stepFunctions, deliveries } = this.context;
    const { arn } = ended.execution;
    // On AWS, too, an execution of an EXPRESS machine puts no event on the bus.
    if (ended.type === "EXPRESS") {
      stepFunctions.drop(arn);
      return;
    }
    this.untold.add(arn);
    deliveries.add(this.tell(ended));
  }

  /** Takes an execution that an earlier process had at its end. */
  restore({ type, execution: { arn } }: KnownExecution, isUntold: boolean): void {
    if (type === "EXPRESS") this.context.stepFunctions.drop(arn);
    else if (isUntold) this.untold.add(arn);
  }

  /** Tells the bus of the ends that an earlier process has not told. */
  goOn(): void {
    const { stepFunctions, deliveries } = this.context;
    for (const arn of this.untold) deliveries.add(this.tell(stepFunctions.executions.get(arn) as KnownExecution));
  }

  /** Tells the bus of an execution's end, once that will not be forgotten; it may be told twice, and is never lost. */
  private async tell(known: KnownExecution): Promise<void> {
    const { publish, journal } = this.context;
    const { arn } = known.execution;
    const event = statusChange(known);
    await journal?.durable();
    await publish(event);
    journal?.told(arn);
    this.untold.delete(arn);
    this.letGo();
  }

  /** Forgets executions that ended long ago. */
  private letGo(): void {
    const { keep, stepFunctions } = this.context;
    if (keep === undefined) return;
    const { executions } = stepFunctions;
    const needed = ({ execution: { arn }, parent }: KnownExecution): boolean => {
      const caller = parent && executions.get(parent.arn);
      return this.untold.has(arn) || (caller !== undefined && !caller.ended);
    };
    for (const { execution } of surplus(executions.values(), keep, needed)) stepFunctions.drop(execution.arn);
  }
}
