import type { Authorize } from "./iam/authorizer";
import type { JsonObject } from "../interpreter";
import type { Program } from "./program";
import { INVOKE_CONFIG } from "./resources";

/** An event that could not be processed, in the queue that the program registers for such events. */
export interface DeadLetter {
  readonly queueArn: string;
  readonly event: JsonObject;
  readonly reason: Error;
}

/**
 * Asynchronous calls of functions. A failed call is retried at once, as often as the program configures: Lambda's
 * default is three attempts. After the last attempt the event goes to the function's failure destination, if it has one
 * and the function's role may send to it.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
 */
export class AsynchronousCalls {
  constructor(
    private readonly program: Program,
    private readonly authorize: Authorize,
    private readonly invoke: (functionArn: string, event: JsonObject) => Promise<unknown>,
    private readonly onDeadLetter: (letter: DeadLetter) => void,
  ) {}

  async call(functionArn: string, event: JsonObject): Promise<void> {
    const { tries, queueArn, caller } = this.configOf(functionArn);
    for (let attempt = 1; attempt <= tries; attempt++) {
      try {
        await this.invoke(functionArn, event);
        return;
      } catch (reason) {
        if (attempt < tries || queueArn === undefined) continue;
        if ((await this.authorize(caller, "sqs:SendMessage", queueArn)) !== undefined) continue;
        this.onDeadLetter({ queueArn, event, reason: reason as Error });
      }
    }
  }

  private configOf(functionArn: string) {
    const { resources } = this.program;
    const lambda = resources.find(({ arn }) => arn === functionArn);
    if (!lambda) throw new Error(`the program registers no function ${functionArn}`);
    const config = resources.find(
      ({ type, inputs }) => type === INVOKE_CONFIG && inputs["functionName"] === lambda.physicalName,
    );
    const { maximumRetryAttempts = 2, destinationConfig } = (config?.inputs ?? {}) as Partial<InvokeConfig>;
    const caller = { roleArn: lambda.inputs["role"] as string, session: lambda.physicalName as string };
    return { tries: 1 + maximumRetryAttempts, queueArn: destinationConfig?.onFailure?.destination, caller };
  }
}

interface InvokeConfig {
  readonly maximumRetryAttempts: number;
  readonly destinationConfig: { readonly onFailure?: { readonly destination: string } };
}
