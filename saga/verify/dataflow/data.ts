import type { Segment } from "./reference";

/** The state and the field that have made data, with all its fields known. */
export interface Origin {
  readonly state: string;
  readonly field:
    | "Arguments"
    | "Catch"
    | "Output"
    | "Parameters"
    | "ItemSelector"
    | "Result"
    | "ResultSelector"
    | "branches"
    | "call"
    | "null"
    | "unwritten";
  /** Where a Catch puts the error, or the path that no state has written. */
  readonly path?: string;
  /** The states that write the path. */
  readonly writers?: readonly string[];
  /** The state is in JSONata mode. */
  readonly jsonata?: boolean;
  /** What the fields of the data have, if none has more. */
  readonly holds?: Holds | undefined;
}

/** Data without any fields; constants alone; errors of Catches, perhaps with constants. */
export type Holds = "nothing" | "constants" | "errors";

/** The possible data at a place. Whatever is not certainly absent may exist. */
export type Data = typeof ANYTHING | Absent | Made | List;

export const ANYTHING = "anything";

export interface Absent {
  readonly kind: "absent";
  /** The field that has dropped it. Undefined if a Choice has found it absent. */
  readonly by: Origin | undefined;
}

/** An object with some known fields. Other fields may exist or not. A text or a number has no fields. */
export interface Made {
  readonly kind: "made";
  readonly fields: ReadonlyMap<string, Data>;
  readonly others: typeof ANYTHING | Origin;
}

/** The outputs of branches or iterations. */
interface List {
  readonly kind: "list";
  readonly length: number | undefined;
  readonly by: Origin;
}

export const absent = (by?: Origin): Absent => ({ kind: "absent", by });
export const listOf = (by: Origin, length?: number): Data => ({ kind: "list", length, by });
const NONE: ReadonlyMap<string, Data> = new Map();

export function made(fields: ReadonlyMap<string, Data>, others: Made["others"]): Data {
  if (others !== ANYTHING) return { kind: "made", fields, others };
  const known = new Map([...fields].filter(([, field]) => field !== ANYTHING));
  return known.size === 0 ? ANYTHING : { kind: "made", fields: known, others };
}

/** A text, a number, or any value without fields. */
export const plain = (by: Origin): Data => made(NONE, { ...by, holds: "constants" });

/** An object that a template or an expression builds. */
export function built(fields: readonly (readonly [name: string, field: Data])[], by: Origin): Data {
  const holds = fields.reduce<Origin["holds"]>((all, [, field]) => holdsWith(all, field), "nothing");
  return made(new Map(fields), { ...by, holds });
}

/** What data has with one more field. */
export function holdsWith(holds: Origin["holds"], field: Data): Origin["holds"] {
  if (holds === undefined || field === ANYTHING || field.kind === "list") return undefined;
  if (field.kind === "absent") return holds;
  const more = field.others === ANYTHING ? undefined : field.others.holds;
  return more === undefined ? undefined : [holds, more].includes("errors") ? "errors" : "constants";
}

/** The error object of a Catch. */
export const caught = (origin: Origin): Data => {
  const by: Origin = { ...origin, holds: "errors" };
  const text = made(NONE, by);
  return made(
    new Map([
      ["Error", text],
      ["Cause", text],
    ]),
    by,
  );
};

/** The field that has left only errors, or an Output that has left nothing, of all data. */
export const leftover = (data: Data): Origin | undefined =>
  data !== ANYTHING &&
  data.kind === "made" &&
  data.others !== ANYTHING &&
  (data.others.holds === "errors" || (data.others.holds === "nothing" && data.others.field === "Output"))
    ? data.others
    : undefined;

/** The data with the paths of the data before it that no state has written: they are still unwritten. */
export function carryUnwritten(before: Data, after: Data): Data {
  if (before === ANYTHING || before.kind !== "made" || after === ANYTHING || after.kind !== "made") return after;
  if (after.others === ANYTHING) return after;
  const unwritten = [...before.fields].filter(([name, field]) => isUnwritten(field) && !after.fields.has(name));
  return unwritten.length === 0 ? after : made(new Map([...after.fields, ...unwritten]), after.others);
}

/** Whether data is absent because no state has written it, unless it is in the execution's input. */
export const isUnwritten = (data: Data): data is Absent =>
  data !== ANYTHING && data.kind === "absent" && data.by?.field === "unwritten";

/** The data at a path. */
export const read = (data: Data, path: readonly Segment[]): Data => path.reduce(member, data);

function member(data: Data, segment: Segment): Data {
  if (data === ANYTHING || data.kind === "absent") return data;
  if (data.kind === "list") {
    const there = typeof segment === "number" && (data.length === undefined || segment < data.length);
    return there ? ANYTHING : absent(data.by);
  }
  const known = typeof segment === "string" ? data.fields.get(segment) : undefined;
  return known ?? (data.others === ANYTHING ? ANYTHING : absent(data.others));
}

/** The data with a value written to a path. */
export function write(data: Data, [segment, ...rest]: readonly Segment[], value: Data): Data {
  if (segment === undefined) return value;
  // A write into a list or a text has an unknown result.
  if (typeof segment === "number" || (data !== ANYTHING && data.kind === "list")) return ANYTHING;
  const [fields, others]: readonly [ReadonlyMap<string, Data>, Made["others"]] =
    data === ANYTHING
      ? [NONE, ANYTHING]
      : data.kind === "made"
        ? [data.fields, data.others]
        : [NONE, data.by ?? ANYTHING];
  const field = write(member(data, segment), rest, value);
  const origin = others === ANYTHING ? others : { ...others, holds: holdsWith(others.holds, field) };
  return made(new Map([...fields, [segment, field]]), origin);
}

/** The data reduced to fields of these names. */
export function project(data: Data, names: ReadonlySet<string>): Data {
  if (data === ANYTHING || data.kind !== "made") return data;
  const asked = [...data.fields].filter(([name]) => names.has(name));
  return made(new Map(asked.map(([name, field]) => [name, project(field, names)])), data.others);
}

/** The data without the absences that Choices have found, and without the paths that no state has written. */
export function forget(data: Data): Data {
  if (data === ANYTHING || data.kind === "list") return data;
  if (data.kind === "absent") return data.by === undefined || isUnwritten(data) ? ANYTHING : data;
  return made(new Map([...data.fields].map(([name, field]) => [name, forget(field)])), data.others);
}

/** A key for data, without its origins. */
export function keyOf(data: Data): string {
  if (data === ANYTHING) return "*";
  if (data.kind === "absent") return isUnwritten(data) ? "~" : "-";
  if (data.kind === "list") return `[${data.length ?? ""}]`;
  const fields = [...data.fields].map(([name, field]) => `${JSON.stringify(name)}:${keyOf(field)}`).sort();
  const { others } = data;
  const rest = others === ANYTHING ? ",*" : `,${others.holds ?? ""}${others.field === "unwritten" ? "~" : ""}`;
  return `{${fields.join()}${rest}}`;
}
