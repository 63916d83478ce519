import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { LambdaTask } from "../language";
import { usesTableKey } from "./encryption";
import { type FunctionSettings, lambda } from "./lambda";
import { nameOfPart } from "./names";

export interface TaskFunctionArgs {
  /** The name of the component whose saga has the task. */
  readonly component: string;
  readonly task: LambdaTask;
  readonly table: aws.dynamodb.Table;
  readonly settings: FunctionSettings;
  /** The ARN of the customer managed key of table and logs, where there is one. */
  readonly key: pulumi.Output<string> | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** The function that runs a task, and a role that allows what the task declares on the table, its own log, and no more. */
export class TaskFunction extends pulumi.ComponentResource {
  readonly component: string;
  readonly task: LambdaTask;
  readonly arn: pulumi.Output<string>;
  /**
   * Of the version that is deployed now. A version never changes, and stays until the function goes: an execution ends
   * on the versions on which it began.
   */
  readonly versionArn: pulumi.Output<string>;
  readonly physicalName: pulumi.Output<string>;

  constructor(args: TaskFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    const { component, task, table, settings, key, tags } = args;
    const name = `${component}-${task.name}`;
    super("saga:infra:TaskFunction", name, {}, opts);
    const usesTable = task.table.length > 0;
    const onTable = { actions: task.table.map((action) => `dynamodb:${action}`), resources: [table.arn] };
    const { lambda: made } = lambda(
      name,
      {
        factory: task.handler,
        statements: usesTable ? [onTable] : [],
        settings,
        key,
        // The table changes its key in the same deploy.
        usesKey:
          usesTable && key
            ? { name: nameOfPart(task.name, "key", component), statement: usesTableKey(key) }
            : undefined,
        tags,
        timeout: 10,
        own: {
          publish: true,
          environment: { variables: { TABLE_NAME: table.name } },
          tags: { ...tags, task: task.name },
        },
      },
      { parent: this },
    );

    this.component = component;
    this.task = task;
    this.arn = made.arn;
    this.versionArn = made.qualifiedArn;
    this.physicalName = made.name;
    this.registerOutputs({ arn: this.arn, versionArn: this.versionArn, physicalName: this.physicalName });
  }
}
