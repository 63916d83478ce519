import { DefinitionError, type DefinitionErrorCode } from "./errors";
import { compileTemplate, ExpressionSyntaxError, isExpression, type Template } from "./expressions";
import { isObject, type Json, type JsonObject } from "./json";

/** Reads the fields of one object of a definition, and refuses what is missing, of the wrong type or unknown. */
export class Fields {
  constructor(
    private readonly object: JsonObject,
    /** `/States/Charge/Retry[0]` */
    readonly location: string,
    /** How EvaluationFailed events name a field of it: `Catch[0]/` before the field's own name, for instance. */
    private readonly prefix = "",
  ) {}

  static of(value: Json | undefined, location: string, prefix?: string): Fields {
    if (!isObject(value)) throw new DefinitionError("SCHEMA_VALIDATION_FAILED", location, "Expected an object");
    return new Fields(value, location, prefix);
  }

  refuse(field: string, detail: string, code: DefinitionErrorCode = "SCHEMA_VALIDATION_FAILED"): never {
    throw new DefinitionError(code, field ? `${this.location}/${field}` : this.location, detail);
  }

  has(field: string): boolean {
    return Object.hasOwn(this.object, field);
  }

  names(): string[] {
    return Object.keys(this.object);
  }

  json(field: string): Json | undefined {
    return this.has(field) ? this.object[field] : undefined;
  }

  string(field: string): string {
    const value = this.optionalString(field);
    if (value === undefined) this.missing(field);
    return value;
  }

  optionalString(field: string): string | undefined {
    const value = this.json(field);
    if (value !== undefined && typeof value !== "string") this.refuse(field, "Expected value of type String");
    return value;
  }

  number(field: string, accepts: (value: number) => boolean, expected: string): number | undefined {
    const value = this.json(field);
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !accepts(value)) this.refuse(field, `Expected ${expected}`);
    return value;
  }

  list(field: string): Json[] {
    const value = this.json(field);
    if (value === undefined) this.missing(field);
    if (!Array.isArray(value) || value.length === 0) this.refuse(field, "Expected a non-empty array");
    return value;
  }

  /** The objects of an optional array, each with its own location. */
  objects(field: string): Fields[] {
    const value = this.json(field);
    if (value === undefined) return [];
    if (!Array.isArray(value)) this.refuse(field, "Expected an array");
    return value.map((item, index) => Fields.of(item, `${this.location}/${field}[${index}]`, `${field}[${index}]/`));
  }

  template(field: string): Template | undefined {
    const value = this.json(field);
    if (value === undefined) return undefined;
    try {
      return compileTemplate(value, this.prefix + field);
    } catch (error) {
      if (error instanceof ExpressionSyntaxError) this.refuse(field, error.message);
      throw error;
    }
  }

  /** A field that is either JSONata or a literal that `accepts` allows. */
  templateOr(field: string, accepts: (value: Json) => boolean, expected: string): Template | undefined {
    const value = this.json(field);
    const dynamic = typeof value === "string" && isExpression(value);
    if (value !== undefined && !dynamic && !accepts(value)) {
      this.refuse(field, `Expected ${expected} or a JSONata expression`);
    }
    return this.template(field);
  }

  missing(field: string): never {
    return this.refuse("", `The field '${field}' is required but was missing`);
  }

  /** Call it last: every field that is not named here is refused. */
  allowOnly(allowed: readonly string[]): void {
    for (const field of this.names()) {
      if (!allowed.includes(field)) this.refuse(field, `Field '${field}' is not supported`);
    }
  }
}

export const isPositiveInteger = (value: Json): boolean =>
  typeof value === "number" && Number.isInteger(value) && value > 0;
export const isCount = (value: Json): boolean => typeof value === "number" && Number.isInteger(value) && value >= 0;
