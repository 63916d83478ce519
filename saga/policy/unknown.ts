import { isOpen } from "../asl/open-places";

/**
 * A definition as plain data. A reference replaces each value that a preview does not know and that the proof does not need.
 *
 * @param definition The definition as a policy gets it. A read of an unknown value throws an error, from which Pulumi knows that
 * it can't run the policy yet.
 * @throws this error for a value that the proof needs
 */
export function withReferences(definition: unknown): unknown {
  let references = 0;
  const copyOf = (value: unknown, path: readonly string[]): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const fields = Object.keys(value).map((key) => [key, fieldOf(value, key, [...path, key])] as const);
    return Array.isArray(value) ? fields.map(([, each]) => each) : Object.fromEntries(fields);
  };
  const fieldOf = (holder: object, key: string, path: readonly string[]): unknown => {
    let value: unknown;
    try {
      value = (holder as Readonly<Record<string, unknown>>)[key];
    } catch (error) {
      if (!isOpen(path)) throw error;
      references += 1;
      return `\${unknown ${references}}`;
    }
    return copyOf(value, path);
  };
  return copyOf(definition, []);
}
