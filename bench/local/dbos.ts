/**
 * DBOS on a PostgreSQL of its own. The saga is a workflow in this process, started and awaited by a call, as executions
 * of the local cloud are.
 *
 * With functions, the steps are the program's, including the store. Only its rows are in the same PostgreSQL, with the
 * same keys, attributes and conditions. One statement writes a row, and commits by itself. A transaction of a DBOS data
 * source would need more round trips, and the functions tolerate repeated calls without it. This release of DBOS also
 * has no data source for a plain client of PostgreSQL.
 */
import type { Rows, StoreAttributes } from "../../saga/store/rows";
import { programTasks, runOrder, STAND_INS } from "./order-saga";
import { load } from "../peers";
import { type Postgres, startPostgres } from "./postgres";
import type { OpenSystem, Order, Outcome, System } from "./system";

/** The used part of its SDK. */
interface Dbos {
  readonly workflowID: string | undefined;
  setConfig(config: object): void;
  registerWorkflow<In, Out>(run: (input: In) => Promise<Out>, options: object): (input: In) => Promise<Out>;
  runStep<T>(run: () => Promise<T>, options: { readonly name: string }): Promise<T>;
  launch(): Promise<void>;
  shutdown(): Promise<void>;
}
/** A statement in a template, as postgres.js takes it. */
type Sql = (
  text: TemplateStringsArray,
  ...values: unknown[]
) => Promise<readonly StoredRow[] & { readonly count: number }>;
type Client = Sql & { end(): Promise<void> };
interface StoredRow {
  readonly saga_id: string;
  readonly saga_step: string | null;
  readonly status: string;
  readonly undone_by: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

const DATABASE = "orders";
/**
 * The connections of each of its two pools. The default is 10. With 30, a machine with 2 cores completed no more
 * orders.
 */
const CONNECTIONS = 10;

export const dbos = (steps: System["steps"]): System => ({
  title: "DBOS",
  steps,
  of: "DBOS",
  async open(folder) {
    const server = await startPostgres(folder);
    await createTable(server);
    const { DBOS } = load("DBOS", "@dbos-inc/dbos-sdk") as { readonly DBOS: Dbos };
    const { port, user, password } = server;
    DBOS.setConfig({
      name: "order-fulfilment",
      systemDatabaseUrl: `postgresql://${user}:${password}@127.0.0.1:${port}/${DATABASE}`,
      systemDatabasePoolSize: CONNECTIONS,
      runAdminServer: false,
      logLevel: "error",
    });
    const sql = steps === "functions" ? storeOn(server) : undefined;
    const tasks = sql ? await programTasks() : STAND_INS;
    const durably = <T>(name: string, run: () => Promise<T>): Promise<T> => DBOS.runStep(run, { name });
    const workflow = DBOS.registerWorkflow<Order, Outcome>(
      (order) => runOrder(order, DBOS.workflowID as string, tasks, durably),
      { name: "OrderFulfilment" },
    );
    await DBOS.launch();
    return {
      run: (order) => workflow(order),
      async close() {
        await DBOS.shutdown();
        await sql?.end();
        await server.end();
      },
    } satisfies OpenSystem;
  },
});

const connect = ({ host, port, user, password }: Postgres, database: string, max: number): Client => {
  const postgres = load("DBOS", "postgres") as (options: object) => Client;
  return postgres({ host, port, user, password, database, max });
};

/** Makes the program's store write its rows to PostgreSQL. */
function storeOn(server: Postgres): Client {
  const sql = connect(server, DATABASE, CONNECTIONS);
  process.env["TABLE_NAME"] = DATABASE;
  Object.assign(globalThis, { sagaTables: { [DATABASE]: (names: StoreAttributes) => rowsOf(sql, names) } });
  return sql;
}

async function createTable(server: Postgres): Promise<void> {
  const admin = connect(server, "postgres", 1);
  await admin`CREATE DATABASE orders`;
  await admin.end();
  const sql = connect(server, DATABASE, 1);
  await sql`
    CREATE TABLE orders (
      order_id text, entity text, saga_id text NOT NULL, saga_step text, status text NOT NULL,
      undone_by text[] NOT NULL, expires_at bigint, data jsonb NOT NULL, PRIMARY KEY (order_id, entity)
    )`;
  await sql.end();
}

/** The conditional writes of `dynamoRows`, in SQL. */
function rowsOf(sql: Sql, names: StoreAttributes): Rows {
  return {
    async take({ order_id, entity }, { id, step }, data, seen) {
      const owner = (seen?.[names.saga] as string | undefined) ?? null;
      const { count } = await sql`
        INSERT INTO orders AS o (order_id, entity, saga_id, saga_step, status, undone_by, data)
        VALUES (${order_id}, ${entity}, ${id}, ${step}, 'LIVE', '{}', ${JSON.stringify(data)}::text::jsonb)
        ON CONFLICT (order_id, entity) DO UPDATE
        SET saga_id = excluded.saga_id, saga_step = excluded.saga_step, status = 'LIVE', data = excluded.data, expires_at = NULL
        WHERE o.status = 'UNDONE' AND o.saga_id = ${owner}::text AND NOT excluded.saga_id = ANY (o.undone_by)`;
      return count === 1;
    },
    async renew({ order_id, entity }, { id, step }, data) {
      const { count } = await sql`
        UPDATE orders SET data = data || ${JSON.stringify(data)}::text::jsonb
        WHERE order_id = ${order_id} AND entity = ${entity} AND status = 'LIVE'
          AND saga_id = ${id} AND COALESCE(saga_step, ${step}) = ${step}`;
      return count === 1;
    },
    async bury({ order_id, entity }, { id, step }, expiresAt) {
      const { count } = await sql`
        INSERT INTO orders AS o (order_id, entity, saga_id, status, undone_by, expires_at, data)
        VALUES (${order_id}, ${entity}, ${id}, 'UNDONE', ARRAY[${id}]::text[], ${expiresAt}, '{}')
        ON CONFLICT (order_id, entity) DO UPDATE
        SET status = 'UNDONE', expires_at = excluded.expires_at,
            undone_by = array_append(o.undone_by, excluded.saga_id)
        WHERE (o.status = 'UNDONE' AND NOT excluded.saga_id = ANY (o.undone_by))
          OR (o.status = 'LIVE' AND o.saga_id = excluded.saga_id AND COALESCE(o.saga_step, ${step}) = ${step})`;
      return count === 1;
    },
    async remember({ order_id, entity }, { id, step }) {
      const { count } = await sql`
        UPDATE orders
        SET undone_by = CASE WHEN ${id} = ANY (undone_by) THEN undone_by ELSE array_append(undone_by, ${id}) END
        WHERE order_id = ${order_id} AND entity = ${entity}
          AND ((status = 'LIVE' AND NOT (saga_id = ${id} AND COALESCE(saga_step, ${step}) = ${step}))
            OR (status = 'UNDONE' AND ${id} = ANY (undone_by)))`;
      return count === 1;
    },
    async read({ order_id, entity }) {
      const [row] = await sql`
        SELECT saga_id, saga_step, status, undone_by, data FROM orders WHERE order_id = ${order_id} AND entity = ${entity}`;
      return (
        row && {
          ...row.data,
          [names.saga]: row.saga_id,
          ...(row.saga_step !== null && { [names.step]: row.saga_step }),
          [names.status]: row.status,
          [names.undoneBy]: new Set(row.undone_by),
        }
      );
    },
  };
}
