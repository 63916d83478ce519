import { randomUUID } from "node:crypto";
import { childResult, type Json, type TaskCall, TaskFailure } from "../interpreter";
import { AwsError } from "./aws-error";
import type { EarlierProcess } from "./earlier-process";
import type { Authorize } from "./iam/authorizer";
import { type MachineRole, permit } from "./iam/machine-role";
import { answerOfStub } from "./services/integrations";
import { executionArn, withoutQualifier } from "./step-functions/arns";
import type { KnownExecution } from "./step-functions/executions";
import type { StartOptions, StepFunctions } from "./step-functions/service";
import { stubFor, type Stubs } from "./stubs";

export interface ChildExecutionsContext {
  readonly stepFunctions: StepFunctions;
  readonly authorize: Authorize;
  readonly stubs: Stubs;
  readonly earlier: EarlierProcess;
}

/** Whether a call starts an execution: `startExecution`, `startExecution.sync:2`. */
export const startsExecution = ({ resource }: TaskCall): boolean => /:states:startExecution/.test(resource);

/**
 * Starts the execution that a state requests. With `.sync:2` the call waits for the end: it returns the description of
 * the execution, or fails as the execution does. If the caller stops, so does the execution.
 * @param parentArn The ARN of the calling execution. Absent for a call outside of an execution.
 */
export async function runChild(
  context: ChildExecutionsContext,
  machine: MachineRole,
  { call, parentArn }: { readonly call: TaskCall; readonly parentArn?: string | undefined },
): Promise<Json> {
  const { arguments: args, signal, hold, resource: called, state } = call;
  const { StateMachineArn, Name, Input } = args as { StateMachineArn: string; Name: string; Input: Json };
  const stub = stubFor(context.stubs, state, StateMachineArn);
  if (stub) return answerOfStub(stub);
  // IAM authorizes the machine, whichever version or alias is named.
  await permit(context.authorize, machine, "states:StartExecution", withoutQualifier(StateMachineArn));
  const waits = called.includes(".sync");
  const { execution } = startChild(context, StateMachineArn, {
    name: Name,
    input: Input,
    ...(waits && { onHold: hold }),
    ...(parentArn !== undefined && { parent: { arn: parentArn, waits } }),
  });
  if (!waits) return { ExecutionArn: execution.arn, StartDate: new Date().toISOString() };
  return childResult(execution, { StateMachineArn, Name, Input }, signal);
}

/** Starts an execution for a state. Fails with the error that the state reports. */
function startChild(
  { stepFunctions, earlier }: ChildExecutionsContext,
  stateMachineArn: string,
  options: StartOptions,
): KnownExecution {
  const { name, parent } = options;
  const there = stepFunctions.executions.get(executionArn(withoutQualifier(stateMachineArn), name ?? ""));
  // An earlier process started this execution. The restored parent repeats the call.
  const again = there?.parent !== undefined && there.parent.arn === parent?.arn;
  if (again && earlier.takeUp(there.execution.arn)) return there;
  try {
    return stepFunctions.start(stateMachineArn, { ...options, byProgram: true });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const { name, message, status } = error;
    throw new TaskFailure(
      `StepFunctions.${name.replace(/(Exception)?$/, "Exception")}`,
      `${message} (Service: AWSStepFunctions; Status Code: ${status}; Error Code: ${name}; Request ID: ${randomUUID()}; Proxy: null)`,
    );
  }
}
