import * as aws from "./aws";
import * as pulumi from "@pulumi/pulumi";
import type { LambdaTask } from "../language";

/** A table of this program, or an existing one, with any keys. */
export interface TaskTable {
  readonly name: pulumi.Input<string>;
  readonly arn: pulumi.Input<string>;
  /** The ARN of the customer managed key that encrypts it, if there is one. Default for a `Table`: the component's key. */
  readonly keyArn?: pulumi.Input<string> | undefined;
}

/** A table as a task uses it. */
interface Used {
  /** The key in `tables`. Undefined for `table`. */
  readonly logicalName?: string;
  readonly actions: readonly string[];
  readonly table: TaskTable;
  readonly kmsKeyArn: pulumi.Output<string> | undefined;
}

/** The tables that the tasks of a component use. */
export class Tables {
  readonly #component: string;
  readonly #main: TaskTable | undefined;
  readonly #named: Readonly<Record<string, TaskTable>>;
  readonly #kmsKeyArn: pulumi.Output<string> | undefined;

  constructor(
    component: string,
    tables: {
      readonly table?: TaskTable | undefined;
      readonly tables?: Readonly<Record<string, TaskTable>> | undefined;
      /** The key of the component. */
      readonly kmsKeyArn: pulumi.Output<string> | undefined;
    },
  ) {
    this.#component = component;
    this.#main = tables.table;
    this.#named = tables.tables ?? {};
    this.#kmsKeyArn = tables.kmsKeyArn;
  }

  /** Each once. */
  all(): readonly TaskTable[] {
    return [...new Set([...(this.#main ? [this.#main] : []), ...Object.values(this.#named)])];
  }

  /**
   * What a task does to which table. It knows the name of `table` whatever it does to it, and of others when it does.
   * @throws RunError for a table that the component does not have
   */
  usedBy({ name, table: actions, tables }: LambdaTask): readonly Used[] {
    const refuse = (what: string): never => {
      throw new pulumi.RunError(`'${this.#component}': the task '${name}' ${what}`);
    };
    if (actions.length > 0 && this.#main === undefined) {
      refuse(`does ${actions.join(", ")} to the component's table, and there is none: give it one with table`);
    }
    const named = Object.entries(tables).map(([logicalName, own]): Used => {
      const table =
        this.#named[logicalName] ??
        refuse(`uses the table '${logicalName}', and the component's tables have ${namesOf(this.#named)}`);
      return { logicalName, actions: own, table, kmsKeyArn: this.#keyOf(table) };
    });
    return [...(this.#main ? [{ actions, table: this.#main, kmsKeyArn: this.#keyOf(this.#main) }] : []), ...named];
  }

  #keyOf(table: TaskTable): pulumi.Output<string> | undefined {
    if (table.keyArn !== undefined) return pulumi.output(table.keyArn);
    return aws.dynamodb.Table.isInstance(table) ? this.#kmsKeyArn : undefined;
  }
}

const namesOf = (tables: object): string =>
  Object.keys(tables).length === 0 ? "none" : `only ${Object.keys(tables).join(", ")}`;
