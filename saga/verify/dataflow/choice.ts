import { absent, ANYTHING, type Data, isUnwritten, read, write } from "./data";
import { referenceOf } from "./reference";

type Rule = Readonly<Record<string, unknown>>;

/** Reads the paths that a rule compares. */
export type Look = (said: string, data: Data) => Data;

/**
 * The data if a rule of a Choice matches. Undefined if it can't match. IsPresent tests whether a path exists and reads no
 * value. In an And, the rules after it are evaluated only if it is true.
 */
export function matching(rule: Rule, data: Data, look: Look): Data | undefined {
  const { And: all, Variable: said, IsPresent: present } = rule;
  if (Array.isArray(all)) {
    return (all as readonly Rule[]).reduce<Data | undefined>(
      (known, one) => (known === undefined ? undefined : matching(one, known, look)),
      data,
    );
  }
  // For an Or or a Not, nothing is learned.
  if (typeof said !== "string") return data;
  const reference = referenceOf(said);
  if (typeof present !== "boolean") {
    look(said, data);
    return data;
  }
  if (reference?.of !== "data" || reference.segments.some((segment) => typeof segment === "number")) return data;
  const found = read(data, reference.segments);
  // A machine that tests for a path expects that the execution's input may have it.
  if (present && isUnwritten(found)) return write(data, referenceOf(found.by?.path ?? said)?.segments ?? [], ANYTHING);
  const gone = found !== ANYTHING && found.kind === "absent" && !isUnwritten(found);
  if (present) return gone ? undefined : data;
  if (gone) return data;
  return isThere(found) ? undefined : write(data, reference.segments, absent());
}

/** Whether data certainly exists. An object with unknown other fields may be known only from the test of a Choice. */
const isThere = (data: Data): boolean =>
  data !== ANYTHING && (data.kind === "list" || (data.kind === "made" && data.others !== ANYTHING));

/** The data if a rule does not match. Undefined if it always matches. */
export function unmatched(rule: Rule, data: Data): Data | undefined {
  const { IsPresent: present } = rule;
  return typeof present === "boolean" ? matching({ ...rule, IsPresent: !present }, data, () => data) : data;
}
