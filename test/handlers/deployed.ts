import { deployedForm, taskOf } from "../../saga/local/cloud";
import { doorOf } from "../../saga/local/dynamodb/door";
import { type LocalTable, startTable, type TableInputs } from "../../saga/local/dynamodb/table";
import { authorizer, isLasting } from "../../saga/local/iam/authorizer";
import { Callers } from "../../saga/local/iam/callers";
import { type DeployedFunction, deployFunction, type FunctionOptions } from "../../saga/local/lambda/function";
import type { InvocationError } from "../../saga/local/lambda/errors";
import type { Resource } from "../../saga/local/program";
import { evaluated } from "../evaluated";

async function ofType(type: string) {
  return (await evaluated()).resources.filter((resource) => resource.type === type);
}

/** The deployed function of each task. */
export async function archives(): Promise<Map<string, FunctionOptions["code"]>> {
  const forms = await Promise.all((await ofType("aws:lambda/function:Function")).map(deployedForm));
  return new Map(forms.map(({ name, code }) => [name, code]));
}

export interface Deployed {
  readonly table: LocalTable;
  readonly tableName: string;
  /** Every line that any function has written. */
  readonly logs: string[];
  call(task: string, event: unknown): Promise<unknown>;
  /** Makes a call that has to fail, and returns its answer. */
  failure(task: string, event: unknown): Promise<{ errorType: string; errorMessage: string; trace: string[] }>;
  close(): Promise<void>;
}

/** All functions in their deployed form, with their roles, on a table of their own. `via` may put a proxy before it. */
export async function deploy(via = (endpoint: string) => endpoint): Promise<Deployed> {
  const [table] = (await ofType("aws:dynamodb/table:Table")) as [Resource];
  const callers = new Callers();
  const program = await evaluated();
  const decide = doorOf({
    callers,
    authorize: authorizer(program),
    isLasting: (roleArn) => isLasting(program, roleArn),
    arnPrefix: () => (table.arn as string).replace(/[^/]*$/, ""),
    tables: () => [table],
    // The tests read the table too.
    admitsStrangers: true,
  });
  const local = await startTable(table.inputs as unknown as TableInputs, table.physicalName as string, { decide });
  const AWS_ENDPOINT_URL_DYNAMODB = via(local.endpoint);
  const logs: string[] = [];
  const onLog = (line: string) => logs.push(line);
  const functions = new Map<string, DeployedFunction>();
  for (const resource of await ofType("aws:lambda/function:Function")) {
    const form = await deployedForm(resource);
    const environment = {
      ...form.environment,
      AWS_ENDPOINT_URL_DYNAMODB,
      AWS_ACCESS_KEY_ID: callers.keyOf(resource),
    };
    functions.set(taskOf(resource), deployFunction({ ...form, environment, onLog }));
  }
  const call = async (task: string, event: unknown) => (await functions.get(task)?.invoke(event))?.payload;

  return {
    table: local,
    tableName: table.physicalName as string,
    logs,
    call,
    failure: (task, event) =>
      call(task, event).then(
        (payload) => Promise.reject(new Error(`${task} answered ${JSON.stringify(payload)}`)),
        (error: unknown) => JSON.parse((error as InvocationError).cause),
      ),
    async close() {
      await Promise.all([...functions.values()].map((deployed) => deployed.close()));
      await local.close();
    },
  };
}
