import { type Json, type TaskCall, TaskFailure } from "../interpreter";
import { Interrupted } from "../interpreter/errors";

/** How the calls of one state go wrong: the next one alone, or each. */
export interface CallFault {
  readonly machineArn: string;
  readonly state: string;
  readonly kind: FaultKind;
  readonly times: "once" | "always";
}

/** In which way. What fails before the write, or is throttled, has not been made; of all others the answer alone is lost. */
export type FaultKind = "fail-before" | "fail-after" | "late" | "throttle" | "crash";

/** A call on its way to what it calls. */
interface Delivery {
  readonly call: Pick<TaskCall, "resource" | "signal">;
  readonly deliver: () => Promise<Json>;
  /** Lets time pass that stands still while something is called. */
  readonly release: () => void;
}

const STRIKES: Readonly<Record<FaultKind, (delivery: Delivery) => Promise<Json>>> = {
  "fail-before": () => fail("Error", "A fault that was set: the call failed before it had done anything"),
  async "fail-after"({ deliver }) {
    await landed(deliver());
    return fail("Sandbox.Timedout", "A fault that was set: the call was made, and its answer is lost");
  },
  async late({ deliver, release, call: { signal } }) {
    await landed(deliver());
    release();
    // A state without a timeout waits for ever, as on AWS.
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
    return fail("Lambda.Unknown", "A fault that was set: the process exited before it answered");
  },
};

const fail = (error: string, cause: string): Promise<never> => Promise.reject(new TaskFailure(error, cause));
const landed = (call: Promise<Json>): Promise<unknown> => call.catch(() => undefined);

/** `arn:aws:states:::sns:publish` → `Sns`, by which Step Functions begins the names of a service's errors. */
export function serviceOf(resource: string): string {
  const service = resource.split(":")[5] ?? "";
  return `${service.charAt(0).toUpperCase()}${service.slice(1)}`;
}

/** What somebody has set to go wrong, while a release runs, to see what a saga does then. */
export class CallFaults {
  private readonly set = new Map<string, CallFault>();

  list(): readonly CallFault[] {
    return [...this.set.values()];
  }

  /** Takes the place of what was set for the state before. */
  add(fault: CallFault): void {
    this.set.set(keyOf(fault), fault);
  }

  /** All of them, or that of one state. */
  clear(of?: Pick<CallFault, "machineArn" | "state">): void {
    if (of) this.set.delete(keyOf(of));
    else this.set.clear();
  }

  /** Makes a call of a machine, or lets it go wrong. */
  strike(machineArn: string, call: TaskCall, delivery: Omit<Delivery, "call">): Promise<Json> {
    const key = keyOf({ machineArn, state: call.state });
    const fault = this.set.get(key);
    if (!fault) return delivery.deliver();
    if (fault.times === "once") this.set.delete(key);
    return STRIKES[fault.kind]({ call, ...delivery });
  }
}

const keyOf = ({ machineArn, state }: Pick<CallFault, "machineArn" | "state">): string => `${machineArn}\0${state}`;
