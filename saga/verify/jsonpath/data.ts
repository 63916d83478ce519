import type { Segment } from "./reference";

/** Which field of which state has put in the place of the data what it made, and knows all of that. */
export interface Origin {
  readonly state: string;
  readonly field: "Catch" | "Parameters" | "ItemSelector" | "Result" | "ResultSelector" | "branches" | "call" | "null";
  /** Where a Catch puts the error. */
  readonly path?: string;
}

/** What may be somewhere in the data of an execution. What is not certainly absent may be there. */
export type Data = typeof ANYTHING | Absent | Made | List;

export const ANYTHING = "anything";

export interface Absent {
  readonly kind: "absent";
  /** What has left it out; undefined where a Choice has found that it is not there. */
  readonly by: Origin | undefined;
}

/** An object, of which some fields are known; any other field may be there, or none. A text and a number have no fields. */
export interface Made {
  readonly kind: "made";
  readonly fields: ReadonlyMap<string, Data>;
  readonly others: typeof ANYTHING | Origin;
}

/** What branches, or the items of a list, have put out. */
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

/** A text, a number, or what a state has made that has no fields. */
export const plain = (by: Origin): Data => made(NONE, by);

/** What a Catch puts out. */
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

/** The Catch of which the error is all that there is. */
export const catchOf = (data: Data): Origin | undefined =>
  data !== ANYTHING && data.kind === "made" && data.others !== ANYTHING && data.others.field === "Catch"
    ? data.others
    : undefined;

/** What is at a path. */
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

/** The data with something put at a path. */
export function write(data: Data, [segment, ...rest]: readonly Segment[], value: Data): Data {
  if (segment === undefined) return value;
  // What a list has then, or a text, is not for us to say.
  if (typeof segment === "number" || (data !== ANYTHING && data.kind === "list")) return ANYTHING;
  const [fields, others]: readonly [ReadonlyMap<string, Data>, Made["others"]] =
    data === ANYTHING
      ? [NONE, ANYTHING]
      : data.kind === "made"
        ? [data.fields, data.others]
        : [NONE, data.by ?? ANYTHING];
  return made(new Map([...fields, [segment, write(member(data, segment), rest, value)]]), others);
}

/** The data as far as fields of these names are asked for. */
export function project(data: Data, names: ReadonlySet<string>): Data {
  if (data === ANYTHING || data.kind !== "made") return data;
  const asked = [...data.fields].filter(([name]) => names.has(name));
  return made(new Map(asked.map(([name, field]) => [name, project(field, names)])), data.others);
}

/** The same for data of which the same is known, whatever it is by. */
export function keyOf(data: Data): string {
  if (data === ANYTHING) return "*";
  if (data.kind === "absent") return "-";
  if (data.kind === "list") return `[${data.length ?? ""}]`;
  const fields = [...data.fields].map(([name, field]) => `${JSON.stringify(name)}:${keyOf(field)}`).sort();
  const { others } = data;
  return `{${fields.join()}${others === ANYTHING ? ",*" : others.field === "Catch" ? ",Catch" : ""}}`;
}
