import type { DescribeExecutionOutput } from "@aws-sdk/client-sfn";
import { COMPENSATED } from "../../asl/outcome";
import type { RecoveryNote } from "../../compile";
import { historyReader, type HistoryResults } from "./history";
import { recoveryName } from "./recovery-name";

/** The event of an execution's end. It may arrive late, twice, or out of order. */
export interface ExecutionEnd {
  readonly executionArn: string;
  /** Milliseconds since the epoch. */
  readonly stopDate: number;
}

/** The outcome of handling it. */
export interface Recovered {
  readonly did: "nothing" | "redriven" | "recovered";
  readonly why: string;
}

/** The input of a recovery machine. */
interface RecoveryInput extends HistoryResults {
  readonly execution: string;
  readonly input: unknown;
  /** To the second, as a mapping has it. */
  readonly startedAt: string;
}

/**
 * Builds the function that recovers executions which ended without their undos (S12). It starts the recovery machine, or
 * redrives the execution if its pivot has succeeded. If it can do neither, it throws, and the queue and an alarm report it.
 */
export function recover(): (end: ExecutionEnd) => Promise<Recovered> {
  const sdk = require("@aws-sdk/client-sfn") as typeof import("@aws-sdk/client-sfn");
  const sfn = new sdk.SFNClient({ maxAttempts: 5 });
  /** By the ARN of a version, which never changes. */
  const notes = new Map<string, RecoveryNote>();

  async function act(executionArn: string, stopped: number): Promise<Recovered> {
    // The event tells no more than where to look: by now it may be over.
    const execution = await sfn.send(new sdk.DescribeExecutionCommand({ executionArn }));
    const over = reasonForNothing(execution, stopped);
    if (over !== undefined) return { did: "nothing", why: over };

    const { undo, pivot, reads } = await noteOn(execution);
    const history = historyReader(pivot, reads);
    const pages = sdk.paginateGetExecutionHistory({ client: sfn, pageSize: 1000 }, { executionArn });
    for await (const { events = [] } of pages) events.forEach(history.read);
    if (!history.ended()) throw failure("HistoryIncomplete", executionArn, "its history does not tell its end yet");

    const { redriveCount, redriveStatus, redriveStatusReason = "" } = execution;
    const name = recoveryName(executionArn, redriveCount);
    if (history.committed()) {
      if (redriveStatus !== "REDRIVABLE") {
        const what = `its pivot has succeeded, so it can't be undone; and it can't be redriven: ${redriveStatusReason}`;
        throw failure("NotRecoverable", executionArn, what);
      }
      await sfn.send(new sdk.RedriveExecutionCommand({ executionArn, clientToken: name }));
      return { did: "redriven", why: "its pivot has succeeded" };
    }
    const input: RecoveryInput = {
      execution: executionArn,
      input: JSON.parse(execution.input ?? "{}"),
      startedAt: `${(execution.startDate as Date).toISOString().slice(0, 19)}Z`,
      ...history.historyResults,
    };
    await start(undo, name, executionArn, JSON.stringify(input));
    return { did: "recovered", why: `it is ${String(execution.status)}` };
  }

  /** How to recover an execution, from its own definition, which may be older than the deployed one. */
  async function noteOn(execution: DescribeExecutionOutput): Promise<RecoveryNote> {
    const { executionArn = "", stateMachineVersionArn: version = "" } = execution;
    const cached = notes.get(version);
    if (cached) return cached;
    const { Comment = "" } = JSON.parse(await definitionOf(execution)) as { readonly Comment?: string };
    const note = Comment.startsWith("{") ? (JSON.parse(Comment) as Partial<RecoveryNote>) : {};
    if (note.undo === undefined) {
      throw failure("NotRecoverable", executionArn, "it began when this stack recovered none (onAbort: ignore)");
    }
    if (version !== "") notes.set(version, note as RecoveryNote);
    return note as RecoveryNote;
  }

  /**
   * By the execution's version, where it has one: an account may ask for the definition of an execution once a second,
   * of a version 20 times. One that began without a version, or whose version has been deleted, knows its own.
   * @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
   */
  async function definitionOf({ executionArn, stateMachineVersionArn }: DescribeExecutionOutput): Promise<string> {
    if (stateMachineVersionArn !== undefined) {
      try {
        const ofVersion = new sdk.DescribeStateMachineCommand({ stateMachineArn: stateMachineVersionArn });
        return (await sfn.send(ofVersion)).definition ?? "{}";
      } catch (error) {
        if ((error as Error).name !== "StateMachineDoesNotExist") throw error;
      }
    }
    return (await sfn.send(new sdk.DescribeStateMachineForExecutionCommand({ executionArn }))).definition ?? "{}";
  }

  async function start(stateMachineArn: string, name: string, executionArn: string, input: string): Promise<void> {
    const bytes = Buffer.byteLength(input);
    if (bytes > MOST_BYTES) {
      const what = `its input and the results that its undos read have ${bytes} bytes, and an execution takes ${MOST_BYTES}`;
      throw failure("NotRecoverable", executionArn, what);
    }
    try {
      await sfn.send(new sdk.StartExecutionCommand({ stateMachineArn, name, input }));
    } catch (error) {
      // An event that comes twice: the recovery is there.
      if ((error as Error).name !== "ExecutionAlreadyExists") throw error;
    }
  }

  return async ({ executionArn, stopDate }) => {
    const log = (line: object): void => {
      process.stdout.write(JSON.stringify({ execution: executionArn, ...line }) + "\n");
    };
    try {
      const done = await act(executionArn, stopDate);
      log(done);
      return done;
    } catch (error) {
      const { name, message } = error as Error;
      log({ did: "failed", why: `${name}: ${message}` });
      throw error;
    }
  };
}

const MOST_BYTES = 262_144;

/** The reason why an execution needs no recovery, if there is one. */
function reasonForNothing(execution: DescribeExecutionOutput, stopped: number): string | undefined {
  const { executionArn, status, error, redriveStatus, redriveDate } = execution;
  switch (status) {
    case "ABORTED":
    case "TIMED_OUT":
      return undefined;
    case "FAILED":
      if (error === COMPENSATED) return "it has run its undos";
      return redriveStatus === "NOT_REDRIVABLE" ? undefined : "it is stuck, and waits for a redrive";
    case "RUNNING":
      // DescribeExecution may lag behind the event.
      if (redriveDate === undefined || redriveDate.getTime() < stopped) {
        throw failure("DescriptionOutdated", executionArn as string, "it has ended, but is described as running");
      }
      return "it has been redriven";
    default:
      return `it is ${String(status)}`;
  }
}

// Not a class: a subclass of Error does not survive Pulumi's serialisation.
function failure(name: string, executionArn: string, what: string): Error {
  return Object.assign(new Error(`${executionArn}: ${what}`), { name });
}
