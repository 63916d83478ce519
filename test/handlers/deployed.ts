import * as pulumi from "@pulumi/pulumi";
import { createOrder, deleteOrder } from "../../handlers/order";
import { processPayment, refundPayment } from "../../handlers/payment";
import { cancelShipment, processShipment } from "../../handlers/shipment";
import { deployFunction } from "../../local/lambda/function";
import type { InvocationError } from "../../local/lambda/errors";
import { type LocalTable, startTable, type TableInputs } from "../../local/table";

const tasks = [createOrder, deleteOrder, processPayment, refundPayment, processShipment, cancelShipment];

export const TABLE_NAME = "saga";

const table: TableInputs = {
  attributes: [
    { name: "order_id", type: "S" },
    { name: "entity", type: "S" },
  ],
  hashKey: "order_id",
  rangeKey: "entity",
};

type Files = Readonly<Record<string, string>>;

let serialised: Promise<Map<string, Files>> | undefined;

/** What ships, by task. */
export function archives(): Promise<Map<string, Files>> {
  return (serialised ??= (async () => {
    const files = new Map<string, Files>();
    for (const { name, handler } of tasks) {
      const { text } = await pulumi.runtime.serializeFunction(handler, { isFactoryFunction: true });
      files.set(name, { "__index.js": text });
    }
    return files;
  })());
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
  const local = await startTable(table, TABLE_NAME);
  const logs: string[] = [];
  const functions = new Map(
    [...(await archives())].map(([name, code]) => [
      name,
      deployFunction({
        name,
        code,
        handler: "__index.handler",
        environment: { TABLE_NAME, AWS_ENDPOINT_URL_DYNAMODB: via(local.endpoint) },
        timeoutSeconds: 10,
        memory: 256,
        onLog: (line) => logs.push(line),
      }),
    ]),
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
