import { createHash, randomUUID } from "node:crypto";
import { TaskFailure } from "../../interpreter";
import type { Authorize, Caller } from "./authorizer";

/** A calling state machine, and its role. */
export interface MachineRole {
  readonly arn: string;
  readonly roleArn: string;
}

/** The actions that a state machine's role needs, and the errors that Step Functions reports without them. */
const ACTIONS = {
  "lambda:InvokeFunction": { error: "Lambda.AWSLambdaException", service: "AWSLambda", code: 403 },
  "states:StartExecution": { error: "StepFunctions.AWSStepFunctionsException", service: "AWSStepFunctions", code: 400 },
} as const;

/**
 * Checks a permission of a state machine's role.
 * @throws TaskFailure if the role lacks it
 */
export async function permit(
  authorize: Authorize,
  machine: MachineRole,
  action: keyof typeof ACTIONS,
  resource: string,
): Promise<void> {
  const why = await authorize(sessionOf(machine), action, resource);
  if (why === undefined) return;
  const { error, service, code } = ACTIONS[action];
  const details = `Service: ${service}; Status Code: ${code}; Error Code: AccessDeniedException`;
  throw new TaskFailure(error, `${why} (${details}; Request ID: ${randomUUID()}; Proxy: null)`);
}

/** The state machine as a caller: a session of its role. */
export function sessionOf({ arn, roleArn }: MachineRole): Caller {
  return { roleArn, session: createHash("sha256").update(arn).digest("hex").slice(0, 32) };
}
