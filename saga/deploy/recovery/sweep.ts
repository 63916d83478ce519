import type { ExecutionListItem, ExecutionStatus } from "@aws-sdk/client-sfn";
import type { ExecutionEnd } from "./recover";
import { recoveryName } from "./recovery-name";

/** The machines whose executions a sweep examines. */
export interface Sweep {
  /** A saga's own machine. */
  readonly machineArn: string;
  /** The recovery, if there is one: the machine with the undos, and the function that starts it. */
  readonly recovery?: { readonly machineArn: string; readonly functionArn: string };
}

export interface Swept {
  /** The age of the oldest running execution, in seconds, or 0. */
  readonly oldestRunning: number;
  /** The number of executions that were passed to the recovering function. */
  readonly handedOver: number;
}

/**
 * Builds the function that examines a saga's executions every five minutes, for what no event reports: the age of the
 * oldest running execution, and the stopped executions without a recovery. Their event was lost, or its retries are used
 * up (S12).
 */
export function sweep(): (what: Sweep) => Promise<Swept> {
  const states = require("@aws-sdk/client-sfn") as typeof import("@aws-sdk/client-sfn");
  const functions = require("@aws-sdk/client-lambda") as typeof import("@aws-sdk/client-lambda");
  const sfn = new states.SFNClient({ maxAttempts: 5 });
  const lambda = new functions.LambdaClient({ maxAttempts: 5 });

  const log = (line: object): void => {
    process.stdout.write(JSON.stringify(line) + "\n");
  };

  /**
   * Executions of a machine, the latest first: those that run by their start or redrive, others by their end. Those
   * before a time are not asked for.
   * @param unseen Is told where there are more than are looked at.
   * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
   */
  async function* list(
    stateMachineArn: string,
    statusFilter: ExecutionStatus | undefined,
    since: number,
    unseen: string[],
  ): AsyncGenerator<ExecutionListItem> {
    let pages = 0;
    const listed = states.paginateListExecutions({ client: sfn, pageSize: 1000 }, { stateMachineArn, statusFilter });
    for await (const { executions = [], nextToken } of listed) {
      yield* executions;
      const last = executions.at(-1);
      if (last && timeOf(last) < since) return;
      if (++pages < MOST_PAGES || nextToken === undefined) continue;
      unseen.push(`${statusFilter ?? "all"} of ${stateMachineArn}`);
      return;
    }
  }

  /** The stopped executions that are due and have no recovery yet. */
  async function lost(
    { machineArn, recovery }: Sweep & Required<Pick<Sweep, "recovery">>,
    now: number,
    unseen: string[],
  ): Promise<Iterable<ExecutionEnd>> {
    const since = now - LATEST;
    const ends = new Map<string, ExecutionEnd>();
    for (const status of ["ABORTED", "TIMED_OUT"] as const) {
      for await (const each of list(machineArn, status, since, unseen)) {
        const { executionArn = "", redriveCount } = each;
        const stopDate = timeOf(each);
        if (isDue(now - stopDate)) ends.set(recoveryName(executionArn, redriveCount), { executionArn, stopDate });
      }
    }
    if (ends.size === 0) return [];
    // What recovers an execution has begun after its end.
    for await (const { name = "" } of list(recovery.machineArn, undefined, since, unseen)) ends.delete(name);
    return ends.values();
  }

  return async ({ machineArn, recovery }) => {
    const now = Date.now();
    const unseen: string[] = [];
    let running = 0;
    let oldest = now;
    for await (const { startDate } of list(machineArn, "RUNNING", 0, unseen)) {
      running++;
      oldest = Math.min(oldest, startDate?.getTime() ?? now);
    }
    const oldestRunning = Math.round((now - oldest) / 1000);
    // A metric is made of this line.
    log({ oldestRunning, running });

    let handedOver = 0;
    if (recovery) {
      // One after another: whatever recovers them has quotas of its own.
      for (const end of await lost({ machineArn, recovery }, now, unseen)) {
        await lambda.send(
          new functions.InvokeCommand({
            FunctionName: recovery.functionArn,
            InvocationType: "Event",
            Payload: JSON.stringify(end),
          }),
        );
        handedOver++;
        log({
          execution: end.executionArn,
          did: "handed over",
          why: "it was stopped, and no recovery of it has begun",
        });
      }
    }
    if (unseen.length > 0) {
      const most = MOST_PAGES * 1000;
      const what = `there are executions beyond the latest ${most} that were not looked at: ${unseen.join("; ")}`;
      throw Object.assign(new Error(what), { name: "TooManyExecutions" });
    }
    return { oldestRunning, handedOver };
  };
}

/** The pages of a list. The account's quota is one or two per second. */
const MOST_PAGES = 100;

const MINUTE = 60_000;
/** By then an event has arrived and has been retried. */
const EARLIEST = 10 * MINUTE;
const LATEST = 24 * 60 * MINUTE;
/** A minute more than the interval of sweeps, because a schedule is exact to the minute. */
const TURN = 6 * MINUTE;

/**
 * Whether a stopped execution of this age is due: after ten minutes, twenty, forty and so on, for a day. So an execution that
 * can't be recovered does not fill the queue, and one whose recovery failed to begin is tried again.
 */
function isDue(age: number): boolean {
  if (age < EARLIEST || age > LATEST) return false;
  const turn = EARLIEST * 2 ** Math.floor(Math.log2(age / EARLIEST));
  return age < turn + TURN;
}

/** The date by which executions are listed. */
function timeOf({ startDate, redriveDate, stopDate }: ExecutionListItem): number {
  return (stopDate ?? redriveDate ?? startDate)?.getTime() ?? 0;
}
