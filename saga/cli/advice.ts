import type { Program, Resource } from "../local/program";
import { FUNCTION, ofType, TABLE, taskOf } from "../local/resources";

/** What to change in the program, after a failure in which AWS only names physical resources; else undefined. */
export type Advice = (error: string, message: string) => string | undefined;

/** Advice on the failures of a program that runs here. */
export function adviceOn(program: Pick<Program, "resources">): Advice {
  const tables = ofType(program, TABLE);
  const functions = ofType(program, FUNCTION);
  return (error, message) =>
    error === "AccessDeniedException" || error === "AccessDenied"
      ? onDenied(message, functions, tables)
      : error === "ValidationException"
        ? onKeys(message, tables)
        : undefined;
}

/** The actions that a task's options `table` and `tables` take. */
export const TABLE_ACTIONS: ReadonlySet<string> = new Set([
  "BatchGetItem",
  "BatchWriteItem",
  "ConditionCheckItem",
  "DeleteItem",
  "DescribeTable",
  "GetItem",
  "PartiQLDelete",
  "PartiQLInsert",
  "PartiQLSelect",
  "PartiQLUpdate",
  "PutItem",
  "Query",
  "Scan",
  "UpdateItem",
]);

const DENIED = /assumed-role\/[^/]+\/(\S+) is not authorized to perform: (\S+) on resource: (\S+)/;

function onDenied(message: string, functions: readonly Resource[], tables: readonly Resource[]): string | undefined {
  const [, session, action = "", resource = ""] = DENIED.exec(message) ?? [];
  const caller = functions.find(({ physicalName }) => physicalName === session);
  if (!caller) return undefined;
  const task = `the task '${taskOf(caller)}'`;
  const table = tables.find(({ arn }) => arn === resource);
  const tableAction = action.replace(/^dynamodb:/, "");
  if (!table || !TABLE_ACTIONS.has(tableAction)) {
    return `allow it to ${task}: allow: [{ actions: ["${action}"], resources: […] }]`;
  }
  const granted = `"${tableAction}"`;
  const option = optionOf(caller, table);
  return option === undefined
    ? `give ${task} the table '${table.name}', with ${granted}: in 'table' or 'tables'`
    : `add ${granted} to '${option}' of ${task}`;
}

/** The option of the task that gives it the table, by the function's variables. */
function optionOf({ inputs }: Resource, { physicalName }: Resource): string | undefined {
  const { variables = {} } = (inputs["environment"] ?? {}) as {
    readonly variables?: Readonly<Record<string, unknown>>;
  };
  const [variable] = Object.entries(variables).find(([, value]) => value === physicalName) ?? [];
  if (variable === "TABLE_NAME") return "table";
  const [, name] = /^(.+)_TABLE_NAME$/.exec(variable ?? "") ?? [];
  return name && `tables.${name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())}`;
}

/** The store's message names the table, and the keys that it used. */
function onKeys(message: string, tables: readonly Resource[]): string | undefined {
  const [, named] = /does not match the schema of the table '([^']+)'/.exec(message) ?? [];
  const table = tables.find(({ physicalName }) => physicalName === named);
  if (!table) return undefined;
  const keys = ["hashKey", "rangeKey"].flatMap((option) =>
    typeof table.inputs[option] === "string" ? [`${option} '${table.inputs[option]}'`] : [],
  );
  return `the table '${table.name}' has the ${keys.join(" and the ")}`;
}
