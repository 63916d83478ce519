import type { Json, JsonObject } from "../interpreter";
import { isObject } from "../interpreter/json";
import { AwsError } from "./aws-error";

/** A member of a request, as the service's model describes it. */
export type Member = { readonly required?: true } & (
  | {
      readonly type: "string";
      readonly min?: number;
      readonly max?: number;
      /** In the service's spelling, because its message quotes the pattern. */
      readonly pattern?: string;
      readonly values?: readonly string[];
      /** Messages do not quote its value. */
      readonly sensitive?: true;
    }
  | { readonly type: "integer" | "long"; readonly min?: number; readonly max?: number }
  | { readonly type: "boolean" }
  | { readonly type: "list"; readonly of: Member; readonly min?: number; readonly max?: number }
  | { readonly type: "structure"; readonly members: Shape }
);

export type Shape = Readonly<Record<string, Member>>;

/**
 * Validates a request against its shape, as AWS does before the service processes it. Unknown members are ignored.
 * @throws AwsError SerializationException for a value of a wrong type, ValidationException for any other violation
 */
export function checkRequest(shape: Shape, request: Json | undefined): JsonObject {
  if (!isObject(request)) throw new AwsError("SerializationException", "");
  const wrong = violationsOf(shape, request, "");
  if (wrong.length > 0) {
    const count = `${wrong.length} validation error${wrong.length === 1 ? "" : "s"} detected`;
    throw new AwsError("ValidationException", `${count}: ${wrong.join("; ")}`);
  }
  return request;
}

function violationsOf(shape: Shape, request: JsonObject, path: string): readonly string[] {
  return Object.entries(shape).flatMap(([name, member]) => {
    const value = Object.hasOwn(request, name) ? (request[name] ?? null) : null;
    return violations(member, value, path + name);
  });
}

function violations(member: Member, value: Json, path: string): readonly string[] {
  if (value === null) return member.required ? [violation("null", path, "Member must not be null")] : [];
  switch (member.type) {
    case "string": {
      if (typeof value !== "string") throw wrongType(value, "String");
      const { min = 0, max = Infinity, pattern, values } = member;
      const shown = member.sensitive ? undefined : `'${value}'`;
      return [
        ...(value.length > max ? [violation(shown, path, lengthAtMost(max))] : []),
        ...(value.length < min ? [violation(shown, path, lengthAtLeast(min))] : []),
        ...(pattern !== undefined && !new RegExp(pattern, "u").test(value)
          ? [violation(shown, path, `Member must satisfy regular expression pattern: ${pattern}`)]
          : []),
        ...(values && !values.includes(value)
          ? [violation(shown, path, `Member must satisfy enum value set: [${values.join(", ")}]`)]
          : []),
      ];
    }
    case "integer":
    case "long": {
      if (typeof value !== "number") throw wrongType(value, member.type === "long" ? "Long" : "Integer");
      const { min = -Infinity, max = Infinity } = member;
      if (value > max) return [violation(`'${value}'`, path, `Member must have value less than or equal to ${max}`)];
      if (value < min) return [violation(`'${value}'`, path, `Member must have value greater than or equal to ${min}`)];
      return [];
    }
    case "boolean":
      if (typeof value !== "boolean") throw wrongType(value, "Boolean");
      return [];
    case "list": {
      if (!Array.isArray(value)) throw wrongType(value, "List");
      const { min = 0, max = Infinity } = member;
      const shown = `'${JSON.stringify(value)}'`;
      if (value.length > max) return [violation(shown, path, lengthAtMost(max))];
      if (value.length < min) return [violation(shown, path, lengthAtLeast(min))];
      return value.flatMap((item, index) => violations(member.of, item, `${path}.${index + 1}.member`));
    }
    case "structure":
      if (!isObject(value)) throw wrongType(value, "Structure");
      return violationsOf(member.members, value, `${path}.`);
  }
}

const lengthAtMost = (max: number): string => `Member must have length less than or equal to ${max}`;
const lengthAtLeast = (min: number): string => `Member must have length greater than or equal to ${min}`;

const violation = (value: string | undefined, path: string, constraint: string): string =>
  `Value ${value === undefined ? "" : `${value} `}at '${path}' failed to satisfy constraint: ${constraint}`;

function wrongType(value: Json, wanted: string): AwsError {
  if (Array.isArray(value)) return new AwsError("SerializationException", "Start of list found where not expected");
  if (isObject(value)) {
    return new AwsError("SerializationException", "Start of structure or map found where not expected");
  }
  const kind = {
    string: "STRING_VALUE",
    number: "NUMBER_VALUE",
    boolean: value === true ? "TRUE_VALUE" : "FALSE_VALUE",
  };
  const found = kind[typeof value as keyof typeof kind];
  return new AwsError("SerializationException", `${found} can not be converted to ${wanted}`);
}
