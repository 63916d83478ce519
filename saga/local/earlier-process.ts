import type { Kept } from "./data/journal";
import type { Deliveries } from "./deliveries";
import type { Ends } from "./ends";
import type { StepFunctions } from "./step-functions/service";

/** Where it goes on. */
export interface EarlierProcessContext {
  readonly stepFunctions: StepFunctions;
  readonly deliveries: Deliveries;
  readonly ends: Ends;
}

/** What an earlier process was at, as its journal tells; it goes on in this one. */
export class EarlierProcess {
  /** Its executions, until the calls that started them have been made again. */
  private readonly restored = new Set<string>();
  private gone = false;

  /** @param kept Nothing, where there was none. */
  constructor(
    private readonly kept: Kept | undefined,
    private readonly context: EarlierProcessContext,
  ) {}

  /** There are executions of it which have not gone on yet. */
  get isPending(): boolean {
    return !this.gone && (this.kept?.executions.length ?? 0) > 0;
  }

  /** Whether an execution is one of its own, whose start has not been made again yet; now it has. */
  takeUp(executionArn: string): boolean {
    return this.restored.delete(executionArn);
  }

  /** Goes on with its executions, with the calls that nobody awaits, and with the ends that nobody has been told of. */
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

  /** Stops a child whose parent was stopped before the process went: the call that awaits it is not made again. */
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
