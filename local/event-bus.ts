import { randomUUID } from "node:crypto";
import { matches } from "./event-pattern";
import type { KnownExecution } from "./executions";
import type { Authorize } from "./iam/authorizer";
import type { Json, JsonObject } from "./interpreter";
import type { Program } from "./program";
import { describe } from "./step-functions-api";

/** What could not be dealt with, in the queue that the program registers for it. */
export interface DeadLetter {
  readonly queueArn: string;
  readonly event: JsonObject;
  readonly reason: Error;
}

/**
 * The event bus: gives each event to the targets of the rules that the program registers. A function that fails is tried
 * again as often as the program says, though at once, and then what it failed on goes to its queue, if its role may send
 * it there.
 */
export class EventBus {
  readonly deadLetters: DeadLetter[] = [];

  constructor(
    private readonly program: Program,
    private readonly authorize: Authorize,
    private readonly invoke: (functionArn: string, event: JsonObject) => Promise<unknown>,
  ) {}

  async publish(event: JsonObject): Promise<void> {
    await Promise.all(this.targetsOf(event).map((target) => this.deliver(target, transformed(target, event))));
  }

  private async deliver({ arn }: Target, event: JsonObject): Promise<void> {
    const { tries, queueArn, caller } = this.asynchronously(arn);
    for (let attempt = 1; attempt <= tries; attempt++) {
      try {
        await this.invoke(arn, event);
        return;
      } catch (reason) {
        if (attempt < tries || (await this.authorize(caller, "sqs:SendMessage", queueArn)) !== undefined) continue;
        this.deadLetters.push({ queueArn, event, reason: reason as Error });
      }
    }
  }

  private targetsOf(event: JsonObject): readonly Target[] {
    const rules = this.resources("aws:cloudwatch/eventRule:EventRule").filter(({ inputs }) =>
      matches(JSON.parse(inputs["eventPattern"] as string) as JsonObject, event),
    );
    return this.resources("aws:cloudwatch/eventTarget:EventTarget")
      .map(({ inputs }) => inputs as unknown as Target)
      .filter((target) => rules.some(({ physicalName }) => physicalName === target.rule));
  }

  private asynchronously(functionArn: string) {
    const lambda = this.program.resources.find(({ arn }) => arn === functionArn);
    if (!lambda) throw new Error(`a rule invokes ${functionArn}, which the program does not register`);
    const config = this.resources("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig").find(
      ({ inputs }) => inputs["functionName"] === lambda.physicalName,
    );
    if (!config) throw new Error(`a rule invokes ${functionArn}, whose failures nobody would be told of`);
    const { maximumRetryAttempts, destinationConfig } = config.inputs as unknown as InvokeConfig;
    const caller = { roleArn: lambda.inputs["role"] as string, session: lambda.physicalName as string };
    return { tries: 1 + maximumRetryAttempts, queueArn: destinationConfig.onFailure.destination, caller };
  }

  private resources(type: string) {
    return this.program.resources.filter((resource) => resource.type === type);
  }
}

interface Target {
  readonly rule: string;
  readonly arn: string;
  readonly inputTransformer?: {
    readonly inputPaths: Readonly<Record<string, string>>;
    readonly inputTemplate: string;
  };
}

interface InvokeConfig {
  readonly maximumRetryAttempts: number;
  readonly destinationConfig: { readonly onFailure: { readonly destination: string } };
}

/** What a target is given of an event. A path is `$` and then names, each after a dot. */
function transformed({ inputTransformer }: Target, event: JsonObject): JsonObject {
  if (!inputTransformer) return event;
  const { inputPaths, inputTemplate } = inputTransformer;
  const at = (path: string): Json =>
    path
      .split(".")
      .slice(1)
      .reduce<Json>((value, field) => (value as JsonObject)[field] ?? null, event);
  const filled = inputTemplate.replace(/<(\w+)>/g, (_, name: string) => JSON.stringify(at(inputPaths[name] as string)));
  return JSON.parse(filled) as JsonObject;
}

/**
 * What Step Functions puts on the bus when an execution has ended.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
export function statusChange(known: KnownExecution): JsonObject {
  const { error = null, cause = null, output = null, startDate, stopDate = 0, ...description } = describe(known);
  const { executionArn, stateMachineArn, name, status, input, inputDetails } = description;
  const [, , , region, account] = executionArn.split(":") as [string, string, string, string, string];
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Step Functions Execution Status Change",
    source: "aws.states",
    account,
    time: new Date(stopDate * 1000).toISOString(),
    region,
    resources: [executionArn],
    detail: {
      executionArn,
      stateMachineArn,
      name,
      status,
      startDate: startDate * 1000,
      stopDate: stopDate * 1000,
      input,
      inputDetails,
      output,
      outputDetails: output === null ? null : { included: true },
      error,
      cause,
    },
  };
}
