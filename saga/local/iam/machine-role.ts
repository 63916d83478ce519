import { createHash, randomUUID } from "node:crypto";
import { TaskFailure } from "../../interpreter";
import type { Resource } from "../program";
import type { Authorize, Caller } from "./authorizer";

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
  machine: Resource,
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
export function sessionOf({ arn, inputs }: Resource): Caller {
  const session = createHash("sha256")
    .update(arn as string)
    .digest("hex")
    .slice(0, 32);
  return { roleArn: inputs["roleArn"] as string, session };
}
