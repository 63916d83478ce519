import type { HistoryEvent } from "../interpreter";
import type { Kept } from "./data/journal";
import type { Deliveries } from "./deliveries";
import type { Ends } from "./ends";
import { isStuck } from "./step-functions/executions";
import type { KeptExecution } from "./step-functions/journal";
import type { StepFunctions } from "./step-functions/service";

/** The services that continue its work. */
export interface EarlierProcessContext {
  readonly stepFunctions: StepFunctions;
  readonly deliveries: Deliveries;
  readonly ends: Ends;
}

/** The work of an earlier process, from its journal. This process continues it. */
export class EarlierProcess {
  /** The ARNs of its executions. Each is removed once the call that started it has been repeated. */
  private readonly restored = new Set<string>();
  private gone = false;

  /** @param kept Absent without a journal. */
  constructor(
    private readonly kept: Kept | undefined,
    private readonly context: EarlierProcessContext,
  ) {}

  /** Whether its work has not resumed yet. */
  get isPending(): boolean {
    return this.kept !== undefined && !this.gone;
  }

  /** Whether work that has not resumed yet needs the resources of earlier releases. */
  get isUnderWay(): boolean {
    if (!this.kept || this.gone) return false;
    return this.kept.calls.length > 0 || this.kept.executions.some(isUnfinished);
  }

  /**
   * Whether an execution was restored, and its starting call has not been repeated yet. The first request counts as the
   * repetition; later ones return false.
   */
  takeUp(executionArn: string): boolean {
    return this.restored.delete(executionArn);
  }

  /** Resumes its executions and its asynchronous calls, and publishes the ends that it did not publish. */
  goOn(): void {
    if (!this.kept) return;
    const { stepFunctions, deliveries, ends } = this.context;
    for (const execution of this.kept.executions) {
      const known = stepFunctions.restore(execution);
      this.restored.add(execution.arn);
      if (known.ended) ends.restore(known, execution.untold);
    }
    this.gone = true;
    this.stopOrphans();
    for (const call of this.kept.calls) deliveries.goOn(call);
    ends.goOn();
  }

  /** Stops each child whose parent was stopped before the process ended: nothing repeats the call that waits for it. */
  private stopOrphans(): void {
    const { executions } = this.context.stepFunctions;
    for (const { ended, parent, execution } of executions.values()) {
      const caller = parent?.waits ? executions.get(parent.arn) : undefined;
      if (ended || !caller) continue;
      void caller.over.then(() => {
        if (this.restored.has(execution.arn)) execution.stop();
      });
    }
  }
}

/** Whether an execution runs, waits for a redrive, or has ended without its end being published. */
function isUnfinished({ entries, untold }: KeptExecution): boolean {
  const last = entries.findLast((entry): entry is HistoryEvent => "type" in entry);
  if (untold || last === undefined) return true;
  if (last.type === "ExecutionFailed") return isStuck({ status: "FAILED", error: last.error });
  return !["ExecutionSucceeded", "ExecutionAborted", "ExecutionTimedOut"].includes(last.type);
}
