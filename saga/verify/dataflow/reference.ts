/** A step of a reference path: the name of a field, or an index. */
export type Segment = string | number;

/** A reference to a part of the data, of the Context object, or of a variable. */
export interface Reference {
  readonly of: "data" | "context" | "variable";
  /** The name of the variable. */
  readonly variable?: string;
  readonly segments: readonly Segment[];
  readonly said: string;
}

/** A field by its name, after a dot or in brackets; or an index. */
const SEGMENT = /^(?:\.([^.[\]\s()*?@,:'"$]+)|\['([^'\\]*)'\]|\["([^"\\]*)"\]|\[(\d+)\])/;
const ROOT = /^\$(\$|[A-Za-z_]\w*)?/;
const TEXTS = /'(?:\\.|[^'\\])*'/g;

/** Parses a reference path. Undefined for one that is not understood: a wildcard, a filter, a slice, a function. */
export function referenceOf(said: string): Reference | undefined {
  const root = ROOT.exec(said);
  if (!root) return undefined;
  const segments: Segment[] = [];
  let rest = said.slice(root[0].length);
  while (rest !== "") {
    const found = SEGMENT.exec(rest);
    if (!found) return undefined;
    const [all, afterDot, single, double, index] = found;
    segments.push(index === undefined ? (afterDot ?? single ?? double ?? "") : Number(index));
    rest = rest.slice(all.length);
  }
  const [, name] = root;
  if (name === undefined) return { of: "data", segments, said };
  return name === "$" ? { of: "context", segments, said } : { of: "variable", variable: name, segments, said };
}

/** Whether a value is a call of an intrinsic function, such as States.Format. */
export const isIntrinsic = (said: string): boolean => said.startsWith("States.");

/** The references in the arguments of an intrinsic function, without those that are not understood. */
export function referencesIn(intrinsic: string): readonly Reference[] {
  // The arguments of a filter can't be told from references.
  if (intrinsic.includes("?(")) return [];
  const found = intrinsic.replace(TEXTS, "''").match(/\$[^,()\s]*/g) ?? [];
  return found.flatMap((said) => referenceOf(said) ?? []);
}
