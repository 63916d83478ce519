import { createHash, randomUUID } from "node:crypto";
import { TaskFailure } from "../../interpreter";
import type { Authorize, Caller } from "./authorizer";

/** A state machine that calls something, and the role in which it does. */
export interface MachineRole {
  readonly arn: string;
  readonly roleArn: string;
}

/** What a state machine does in the name of its role, and how Step Functions reports that it may not. */
const ACTIONS = {
  "lambda:InvokeFunction": { error: "Lambda.AWSLambdaException", service: "AWSLambda", code: 403 },
  "states:StartExecution": { error: "StepFunctions.AWSStepFunctionsException", service: "AWSStepFunctions", code: 400 },
} as const;

/**
 * Passes what the state machine's role allows.
 * @throws TaskFailure otherwise
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

/** A state machine as a caller: a session of its role. */
export function sessionOf({ arn, roleArn }: MachineRole): Caller {
  return { roleArn, session: createHash("sha256").update(arn).digest("hex").slice(0, 32) };
}
