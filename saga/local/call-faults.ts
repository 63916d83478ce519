import { type Json, type TaskCall, TaskFailure } from "../interpreter";
import { Interrupted } from "../interpreter/errors";

/** A fault in the calls of one state: in the next call only, or in every call. */
export interface CallFault {
  readonly machineArn: string;
  readonly state: string;
  readonly kind: FaultKind;
  readonly times: "once" | "always";
}

/**
 * The kind of fault. With `fail-before` and `throttle` the call is not made. With the others it is made, and its answer
 * is lost.
 */
export type FaultKind = "fail-before" | "fail-after" | "late" | "throttle" | "crash";

/** A call before it is delivered. */
interface Delivery {
  readonly call: Pick<TaskCall, "resource" | "signal">;
  readonly deliver: () => Promise<Json>;
  /** Releases the clock, which is held during a call. */
  readonly release: () => void;
}

const STRIKES: Readonly<Record<FaultKind, (delivery: Delivery) => Promise<Json>>> = {
  "fail-before": () => fail("Error", "Injected fault: the call failed before it was made"),
  async "fail-after"({ deliver }) {
    await landed(deliver());
    return fail("Sandbox.Timedout", "Injected fault: the call was made and its answer was lost");
  },
  async late({ deliver, release, call: { signal } }) {
    await landed(deliver());
    release();
    // A state without a timeout waits forever, as on AWS.
    return new Promise((_, reject) => {
      const leave = (): void => {
        reject(new Interrupted());
      };
      if (signal.aborted) leave();
      else signal.addEventListener("abort", leave, { once: true });
    });
  },
  throttle: ({ call }) => fail(`${serviceOf(call.resource)}.TooManyRequestsException`, "Rate Exceeded."),
  async crash({ deliver }) {
    await landed(deliver());
    return fail("Lambda.Unknown", "Injected fault: the process exited before it answered");
  },
};

const fail = (error: string, cause: string): Promise<never> => Promise.reject(new TaskFailure(error, cause));
const landed = (call: Promise<Json>): Promise<unknown> => call.catch(() => undefined);

/** The prefix of a service's errors in Step Functions: `Sns` for `arn:aws:states:::sns:publish`. */
export function serviceOf(resource: string): string {
  const service = resource.split(":")[5] ?? "";
  return `${service.charAt(0).toUpperCase()}${service.slice(1)}`;
}

/**
 * The faults injected into the calls of a running release, for example from the console. They show how a saga reacts.
 */
export class CallFaults {
  private readonly set = new Map<string, CallFault>();

  list(): readonly CallFault[] {
    return [...this.set.values()];
  }

  /** Replaces an earlier fault of the same state. */
  add(fault: CallFault): void {
    this.set.set(keyOf(fault), fault);
  }

  /** Removes all faults, or the fault of one state. */
  clear(of?: Pick<CallFault, "machineArn" | "state">): void {
    if (of) this.set.delete(keyOf(of));
    else this.set.clear();
  }

  /** Delivers a call of a machine, unless a fault is set for its state. */
  strike(machineArn: string, call: TaskCall, delivery: Omit<Delivery, "call">): Promise<Json> {
    const key = keyOf({ machineArn, state: call.state });
    const fault = this.set.get(key);
    if (!fault) return delivery.deliver();
    if (fault.times === "once") this.set.delete(key);
    return STRIKES[fault.kind]({ call, ...delivery });
  }
}

const keyOf = ({ machineArn, state }: Pick<CallFault, "machineArn" | "state">): string => `${machineArn}\0${state}`;
