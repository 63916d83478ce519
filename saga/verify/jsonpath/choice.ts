import { absent, ANYTHING, type Data, read, write } from "./data";
import { referenceOf } from "./reference";

type Rule = Readonly<Record<string, unknown>>;

/** Reads the paths that a rule compares. */
export type Look = (said: string, data: Data) => Data;

/**
 * The data where a rule of a Choice matches; undefined where it can't. A test for IsPresent asks whether a path is there, and
 * reads nothing: the rules after it in an And are tried only where it holds.
 */
export function matching(rule: Rule, data: Data, look: Look): Data | undefined {
  const { And: all, Variable: said, IsPresent: present } = rule;
  if (Array.isArray(all)) {
    return (all as readonly Rule[]).reduce<Data | undefined>(
      (known, one) => (known === undefined ? undefined : matching(one, known, look)),
      data,
    );
  }
  // Which of several rules holds is not followed.
  if (typeof said !== "string") return data;
  const reference = referenceOf(said);
  if (typeof present !== "boolean") {
    look(said, data);
    return data;
  }
  if (reference?.of !== "data" || reference.segments.some((segment) => typeof segment === "number")) return data;
  const found = read(data, reference.segments);
  const gone = found !== ANYTHING && found.kind === "absent";
  if (present) return gone ? undefined : data;
  if (gone) return data;
  return isThere(found) ? undefined : write(data, reference.segments, absent());
}

/** Whether data is there for certain: of an object with other fields it may be a Choice that knows of them. */
const isThere = (data: Data): boolean =>
  data !== ANYTHING && (data.kind === "list" || (data.kind === "made" && data.others !== ANYTHING));

/** The data where a rule does not match; undefined where it always does. */
export function unmatched(rule: Rule, data: Data): Data | undefined {
  const { IsPresent: present } = rule;
  return typeof present === "boolean" ? matching({ ...rule, IsPresent: !present }, data, () => data) : data;
}
