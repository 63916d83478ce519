import { randomUUID } from "node:crypto";
import { matches } from "./event-pattern";
import type { KnownExecution } from "./step-functions/executions";
import type { Json, JsonObject } from "../interpreter";
import { ACCOUNT, type Program } from "./program";
import { EVENT_RULE, EVENT_TARGET, FUNCTION, ofType } from "./resources";
import { describe } from "./step-functions/description";

/**
 * The event bus. It sends each event to the targets of the matching rules. Rules with a schedule do not fire here, but
 * their targets must exist too.
 */
export class EventBus {
  private readonly rules: readonly Rule[];
  /** A rule of an earlier release may call what is no longer here, such as a function in Python. */
  private readonly functions: ReadonlySet<string | undefined>;

  /** @param call Calls a function, with retries. */
  constructor(
    { resources }: Program,
    private readonly call: (functionArn: string, event: JsonObject) => Promise<void>,
  ) {
    const targets = targetsOf({ resources });
    this.functions = new Set(ofType({ resources }, FUNCTION).map(({ arn }) => arn));
    this.rules = ofType({ resources }, EVENT_RULE).flatMap(({ physicalName, inputs: { eventPattern } }) =>
      eventPattern === undefined
        ? []
        : {
            pattern: JSON.parse(eventPattern as string) as JsonObject,
            targets: targets.filter(({ rule }) => rule === physicalName),
          },
    );
  }

  async publish(event: JsonObject): Promise<void> {
    const targets = this.rules.flatMap((rule) => (matches(rule.pattern, event) ? rule.targets : []));
    const functions = targets.filter(({ arn }) => this.functions.has(arn));
    await Promise.all(functions.map((target) => this.call(target.arn, transformed(target, event))));
  }
}

/**
 * Checks that each target of a rule is on this machine.
 * @throws Error if it would belong to the program, which does not register it
 */
export function checkTargets({ resources }: Program): void {
  for (const { rule, arn } of targetsOf({ resources })) {
    // Targets in other accounts, and services' own targets, are not on this machine.
    if (!arn.includes(`:${ACCOUNT}:`) || resources.some((each) => each.arn === arn)) continue;
    throw new Error(`the rule ${rule} calls ${arn}, which the program does not register`);
  }
}

const targetsOf = (program: Pick<Program, "resources">): readonly Target[] =>
  ofType(program, EVENT_TARGET).map(({ inputs }) => inputs as unknown as Target);

interface Rule {
  readonly pattern: JsonObject;
  readonly targets: readonly Target[];
}

interface Target {
  readonly rule: string;
  readonly arn: string;
  readonly inputTransformer?: {
    readonly inputPaths: Readonly<Record<string, string>>;
    readonly inputTemplate: string;
  };
}

/** The input of a target. A path consists of `$` and names, each after a dot. */
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
 * The event that Step Functions publishes when an execution ends.
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
