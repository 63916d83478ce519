import type { Segment } from "./reference";

/** The state and the field that have made data, with all its fields known. */
export interface Origin {
  readonly state: string;
  readonly field: "Catch" | "Parameters" | "ItemSelector" | "Result" | "ResultSelector" | "branches" | "call" | "null";
  /** Where a Catch puts the error. */
  readonly path?: string;
}

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
export const plain = (by: Origin): Data => made(NONE, by);

/** The error object of a Catch. */
export const caught = (by: Origin): Data => {
  const text = plain(by);
  return made(
    new Map([
      ["Error", text],
      ["Cause", text],
    ]),
    by,
  );
};

/** The Catch whose error is all of the data. */
export const catchOf = (data: Data): Origin | undefined =>
  data !== ANYTHING && data.kind === "made" && data.others !== ANYTHING && data.others.field === "Catch"
    ? data.others
    : undefined;

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
  return made(new Map([...fields, [segment, write(member(data, segment), rest, value)]]), others);
}

/** The data reduced to fields of these names. */
export function project(data: Data, names: ReadonlySet<string>): Data {
  if (data === ANYTHING || data.kind !== "made") return data;
  const asked = [...data.fields].filter(([name]) => names.has(name));
  return made(new Map(asked.map(([name, field]) => [name, project(field, names)])), data.others);
}

/** The data without the absences that Choices have found. */
export function forget(data: Data): Data {
  if (data === ANYTHING || data.kind === "list") return data;
  if (data.kind === "absent") return data.by === undefined ? ANYTHING : data;
  return made(new Map([...data.fields].map(([name, field]) => [name, forget(field)])), data.others);
}

/** A key for data, without its origins. */
export function keyOf(data: Data): string {
  if (data === ANYTHING) return "*";
  if (data.kind === "absent") return "-";
  if (data.kind === "list") return `[${data.length ?? ""}]`;
  const fields = [...data.fields].map(([name, field]) => `${JSON.stringify(name)}:${keyOf(field)}`).sort();
  const { others } = data;
  return `{${fields.join()}${others === ANYTHING ? ",*" : others.field === "Catch" ? ",Catch" : ""}}`;
}
