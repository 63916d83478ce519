import { deployedForm } from "../../local/cloud";
import { deployFunction, type FunctionOptions } from "../../local/lambda/function";
import type { InvocationError } from "../../local/lambda/errors";
import { evaluateProgram, type Program } from "../../local/program";
import { type LocalTable, startTable, type TableInputs } from "../../local/table";

export const TABLE_NAME = "saga";

let evaluated: Promise<Program> | undefined;
const program = (): Promise<Program> => (evaluated ??= evaluateProgram());

async function ofType(type: string) {
  return (await program()).resources.filter((resource) => resource.type === type);
}

/** The functions as the program deploys them. */
async function shipped(): Promise<FunctionOptions[]> {
  return Promise.all((await ofType("aws:lambda/function:Function")).map(deployedForm));
}

/** What ships, by task. */
export async function archives(): Promise<Map<string, FunctionOptions["code"]>> {
  return new Map((await shipped()).map(({ name, code }) => [name, code]));
}

export interface Deployed {
  readonly table: LocalTable;
  /** Every line that any function has written. */
  readonly logs: string[];
  call(task: string, event: unknown): Promise<unknown>;
  /** The answer of a call that has to fail. */
  failure(task: string, event: unknown): Promise<{ errorType: string; errorMessage: string; trace: string[] }>;
  close(): Promise<void>;
}

/** All functions in the form that ships, on a table of their own; `via` may put something between the two. */
export async function deploy(via = (endpoint: string) => endpoint): Promise<Deployed> {
  const [table] = await ofType("aws:dynamodb/table:Table");
  const local = await startTable(table?.inputs as unknown as TableInputs, TABLE_NAME);
  const logs: string[] = [];
  const functions = new Map(
    (await shipped()).map((form) => {
      const environment = { ...form.environment, TABLE_NAME, AWS_ENDPOINT_URL_DYNAMODB: via(local.endpoint) };
      return [form.name, deployFunction({ ...form, environment, onLog: (line) => logs.push(line) })];
    }),
  );
  const call = async (task: string, event: unknown) => (await functions.get(task)?.invoke(event))?.payload;

  return {
    table: local,
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
