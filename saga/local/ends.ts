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
  /** Publishes an event on the event bus. */
  readonly publish: (event: JsonObject) => Promise<void>;
  readonly journal: Pick<Journal, "told" | "durable"> | undefined;
  /** How many finished executions to keep, and also how many stuck ones. By default all are kept. */
  readonly keep: number | undefined;
}

/** The consequences of an execution's end: an event on the bus, and the removal of old executions. */
export class Ends {
  /** The ARNs of ended executions whose event has not been published. */
  private readonly untold = new Set<string>();

  constructor(private readonly context: EndsContext) {}

  /** Handles the end of an execution. */
  add(ended: KnownExecution): void {
    const { stepFunctions, deliveries } = this.context;
    const { arn } = ended.execution;
    // As on AWS, the end of an EXPRESS execution publishes no event.
    if (ended.type === "EXPRESS") {
      stepFunctions.drop(arn);
      return;
    }
    this.untold.add(arn);
    deliveries.add(this.tell(ended));
  }

  /** Whether the end of an execution has not been published. */
  isUntold(arn: string): boolean {
    return this.untold.has(arn);
  }

  /** Handles an execution that ended in an earlier process. */
  restore({ type, execution: { arn } }: KnownExecution, isUntold: boolean): void {
    if (type === "EXPRESS") this.context.stepFunctions.drop(arn);
    else if (isUntold) this.untold.add(arn);
  }

  /** Publishes the ends that an earlier process did not publish. This process may keep fewer executions than that one. */
  goOn(): void {
    this.letGo();
    const { stepFunctions, deliveries } = this.context;
    for (const arn of this.untold) deliveries.add(this.tell(stepFunctions.executions.get(arn) as KnownExecution));
  }

  /**
   * Publishes the end of an execution, once the end is in the journal. If the process is killed in between, the next
   * one publishes it: possibly twice, but at least once.
   */
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

  /** Removes the executions beyond `keep`. */
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
