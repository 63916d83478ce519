import { type Clock, type Json, type JsonObject, type TaskCall, TaskFailure } from "../../saga/interpreter";
import type { Built } from "./build";
import type { Fault, Scenario } from "./spec";

/** A call that the world received. */
export interface Call {
  readonly identity: string;
  readonly undo: boolean;
  readonly begun: number;
  ended?: number;
  failed?: string;
  readonly input: JsonObject;
}

/** The world of the saga's tasks. It keeps S3, and fails when the scenario says so. */
export class World {
  readonly live = new Set<string>();
  readonly undone = new Set<string>();
  readonly calls: Call[] = [];
  /** Numbers all calls and answers, since many have the same virtual time. */
  private moment = 0;
  broken: boolean;
  private readonly faults: ReadonlyMap<number, Fault>;

  constructor(
    private readonly built: Built,
    scenario: Scenario,
    private readonly clock: Clock,
  ) {
    this.faults = new Map(scenario.faults);
    this.broken = scenario.broken;
  }

  readonly invoke = async ({ arguments: args }: TaskCall): Promise<Json> => {
    const { FunctionName, Payload } = args as { FunctionName: string; Payload: JsonObject };
    const { saga, ...input } = Payload as { saga: { id: string; step: string } } & JsonObject;
    const undo = FunctionName.startsWith("undo");
    const call: Call = { identity: saga.step, undo, begun: this.moment++, input };
    const fault = this.faults.get(this.calls.length);
    this.calls.push(call);
    try {
      const result = await this.run(call, fault);
      call.ended = this.moment++;
      return { Payload: result, StatusCode: 200 };
    } catch (error) {
      call.ended = this.moment++;
      if (error instanceof TaskFailure) call.failed = error.error;
      throw error;
    }
  };

  private async run(call: Call, fault: Fault | undefined): Promise<Json> {
    const forGood = this.broken && (call.undo || this.committed(call));
    if (forGood) throw new TaskFailure("Broken", "until somebody mends it");
    switch (fault) {
      case undefined:
        return this.act(call);
      case "transient-before":
        throw new TaskFailure("Lambda.ServiceException", "passes");
      case "transient-after":
        this.act(call);
        throw new TaskFailure("Lambda.ServiceException", "passes");
      case "error-before":
        throw new TaskFailure("Unexpected", "before the effect");
      case "error-after":
        this.act(call);
        throw new TaskFailure("Unexpected", "after the effect");
      case "refused":
        // A definite error means that nothing happened on earlier tries either.
        if (this.live.has(call.identity)) return this.act(call);
        throw new TaskFailure("Refused", "nothing happened");
      case "timeout":
        this.act(call);
        await this.clock.sleep(60_000);
        throw new TaskFailure("TooLate", "nobody hears this");
      case "late":
        await this.clock.sleep(60_000);
        this.act(call);
        throw new TaskFailure("TooLate", "nobody hears this");
    }
  }

  private act({ identity, undo }: Call): Json {
    if (undo) {
      this.live.delete(identity);
      this.undone.add(identity);
      return { undone: true };
    }
    if (this.undone.has(identity)) throw new TaskFailure("AlreadyUndone", identity);
    if (this.action(identity).kind !== "query") this.live.add(identity);
    return { token: `t-${identity}` };
  }

  private committed({ identity }: Call): boolean {
    return this.action(identity).kind === "retriable";
  }

  action(identity: string) {
    const action = this.built.actions.get(identity.replace(/\[.*/, ""));
    if (!action) throw new Error(`nobody knows '${identity}'`);
    return action;
  }
}
