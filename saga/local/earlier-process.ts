import type { Kept } from "./data/journal";
import type { Deliveries } from "./deliveries";
import type { Ends } from "./ends";
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

  /** Whether it has executions that have not resumed yet. */
  get isPending(): boolean {
    return !this.gone && (this.kept?.executions.length ?? 0) > 0;
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
