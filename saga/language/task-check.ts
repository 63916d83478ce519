import type { Duration } from "./duration";
import { SagaDefinitionError } from "./errors";

/** The longest timeout of a Lambda function, in seconds. */
export const LONGEST_FUNCTION = 15 * 60;

/** The parts of a task that are checked. */
interface CheckedTask {
  readonly name: string;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly tables: Readonly<Record<string, unknown>>;
  readonly packages: readonly string[];
  readonly timeout?: Duration | undefined;
  readonly memory?: number | undefined;
  readonly concurrency?: number | undefined;
}

/** The variable that tells a function which secrets to read. */
export const SECRETS = "SAGA_SECRETS";

/** The variable that has the name of one of a component's tables; of its `table` where none is named. */
export const tableVariable = (table?: string): string =>
  table === undefined ? "TABLE_NAME" : `${table.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase()}_TABLE_NAME`;

/**
 * Environment variables that Lambda reserves.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
const RESERVED =
  /^(AWS_(REGION|DEFAULT_REGION|EXECUTION_ENV|ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|LAMBDA_\w+)|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;

/**
 * Checks a task for mistakes that would otherwise appear only in the deploy.
 * @throws SagaDefinitionError `bad-task`
 */
export function checkTask(task: CheckedTask): void {
  const { name, environment, secrets, tables, packages, timeout, memory, concurrency } = task;
  const refuse = (what: string, hint: string): never => {
    throw new SagaDefinitionError("bad-task", {}, `task '${name}': ${what}`, hint);
  };
  if (typeof name !== "string" || !/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new SagaDefinitionError(
      "bad-task",
      {},
      `${JSON.stringify(name)} can't name a task: the names of its function and of its role contain it`,
      "Use letters, digits, hyphens and underscores",
    );
  }
  const own = [tableVariable(), ...Object.keys(tables).map(tableVariable), SECRETS];
  for (const variable of [...Object.keys(environment), ...Object.keys(secrets)]) {
    if (!/^[A-Za-z][A-Za-z0-9_]+$/.test(variable)) {
      refuse(
        `'${variable}' can't name a variable of a function's environment`,
        "Use a letter, and then one or more letters, digits and underscores",
      );
    }
    if (RESERVED.test(variable)) refuse(`Lambda sets ${variable} itself`, "Give the variable another name");
    if (own.includes(variable)) refuse(`the component sets ${variable} itself`, "Give the variable another name");
    if (variable in environment && variable in secrets) {
      refuse(`${variable} is both in environment and in secrets`, "Leave it out of one");
    }
  }
  for (const table of Object.keys(tables)) {
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(table)) {
      refuse(`'${table}' can't name a table in a variable`, "Use a letter, and then letters, digits and underscores");
    }
    const variable = tableVariable(table);
    const other = Object.keys(tables).find((each) => each !== table && tableVariable(each) === variable);
    if (other !== undefined) {
      refuse(`'${table}' and '${other}' both have the variable ${variable}`, "Give one of the tables another name");
    }
  }
  for (const each of packages) {
    if (!/^(@[^/@\s]+\/)?[^/@\s]+$/.test(each)) {
      refuse(`'${each}' is no name of an npm package`, "Give its name alone, without a version or a path");
    }
  }
  if (timeout && timeout.seconds > LONGEST_FUNCTION) {
    refuse(`its function's timeout is ${timeout.seconds} s`, "Lambda runs one for 15 minutes at most");
  }
  const whole = (value: number | undefined, least: number, most: number): boolean =>
    value === undefined || (Number.isInteger(value) && value >= least && value <= most);
  if (!whole(memory, 128, 10_240)) {
    refuse(`its memory is ${memory} MB`, "Use a whole number from 128 to 10,240");
  }
  if (!whole(concurrency, 0, 10_000)) {
    refuse(`its concurrency is ${concurrency}`, "Use a whole number from 0, for whatever the account has, to 10,000");
  }
}
