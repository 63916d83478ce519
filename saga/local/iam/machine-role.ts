import { createHash, randomUUID } from "node:crypto";
import { TaskFailure } from "../../interpreter";
import type { Resource } from "../program";
import type { Authorize } from "./authorizer";

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
  { arn, inputs }: Resource,
  action: keyof typeof ACTIONS,
  resource: string,
): Promise<void> {
  const session = createHash("sha256")
    .update(arn as string)
    .digest("hex")
    .slice(0, 32);
  const why = await authorize({ roleArn: inputs["roleArn"] as string, session }, action, resource);
  if (why === undefined) return;
  const { error, service, code } = ACTIONS[action];
  const details = `Service: ${service}; Status Code: ${code}; Error Code: AccessDeniedException`;
  throw new TaskFailure(error, `${why} (${details}; Request ID: ${randomUUID()}; Proxy: null)`);
}
