import { SagaDefinitionError } from "./errors";
import { makeRef, referenceOf } from "./ref";

/** A mapping as data: what the user's function returned, with its references resolved to names and paths. */
export type Mapping =
  | { readonly kind: "Absent" }
  | { readonly kind: "Literal"; readonly value: string | number | boolean | null }
  | {
      readonly kind: "Reference";
      readonly root: string;
      readonly path: readonly (string | number)[];
      readonly maybe: boolean;
    }
  | { readonly kind: "Object"; readonly fields: readonly (readonly [string, Mapping])[] }
  | { readonly kind: "Array"; readonly items: readonly Mapping[] };

/** The names a mapping may refer to, and whether their values may be absent as a whole. */
export type Names = ReadonlyMap<string, { readonly maybe: boolean }>;

/** Whose references are good in a place, and where that is. */
export interface ReadScope {
  /** A mapping's own scope, and those of the lists that are gone through around it. */
  readonly owners: readonly object[];
  readonly where: { readonly saga: string; readonly step: string };
}

/**
 * Runs a user's function once, over symbolic references, and hands what it returns to `use`.
 * @throws SagaDefinitionError `coerced-reference`, `foreign-reference`
 */
export function withScope<Result>(
  map: (scope: never) => unknown,
  names: Names,
  { owners, where }: ReadScope,
  use: (returned: unknown, scope: ReadScope) => Result,
): Result {
  const owner = {};
  const scopeObject = new Proxy(Object.freeze({}), {
    get(_target, key) {
      const known = typeof key === "string" ? names.get(key) : undefined;
      if (known) return makeRef({ owner, root: key as string, path: [], maybe: known.maybe }, where);
      throw new SagaDefinitionError(
        "foreign-reference",
        where,
        `'${String(key)}' is not in scope here`,
        `In scope are: ${[...names.keys()].join(", ")}`,
      );
    },
  });
  return use((map as (scope: unknown) => unknown)(scopeObject), { owners: [owner, ...owners], where });
}

/**
 * What a mapping returned, as data.
 * @throws SagaDefinitionError `coerced-reference`, `foreign-reference`, `bad-mapping`
 */
export function readValue(value: unknown, scope: ReadScope): Mapping {
  return read(value, scope, []);
}

/**
 * How deep a mapping may nest. Step Functions ends an evaluation that nests 100 deep; half of that is for what is around
 * the mapping, and for its leaves.
 */
const MOST_LEVELS = 50;

function read(value: unknown, scope: ReadScope, at: readonly string[]): Mapping {
  const { owners, where } = scope;
  const place = at.length > 0 ? `the mapping's '${at.join(".")}'` : "the mapping";
  if (at.length > MOST_LEVELS) {
    throw new SagaDefinitionError(
      "bad-mapping",
      where,
      `the mapping's '${at.slice(0, 5).join(".")}…' nests more than ${MOST_LEVELS} levels deep, and Step Functions does not evaluate that`,
      "Make it flatter, or move the literal into the task",
    );
  }
  const bad = (what: string, hint: string): never => {
    throw new SagaDefinitionError("bad-mapping", where, `${place} is ${what}`, hint);
  };
  const reference = referenceOf(value);
  if (reference) {
    if (!owners.includes(reference.owner)) {
      throw new SagaDefinitionError(
        "foreign-reference",
        where,
        `${place} is '${[reference.root, ...reference.path].join(".")}' of another scope`,
        "Use only the references that this mapping's own argument has, and those of a forEach around it",
      );
    }
    return Object.freeze({
      kind: "Reference",
      root: reference.root,
      path: Object.freeze(reference.path),
      maybe: reference.maybe,
    });
  }
  switch (typeof value) {
    case "string":
    case "boolean":
      return Object.freeze({ kind: "Literal", value });
    case "number":
      return Number.isFinite(value)
        ? Object.freeze({ kind: "Literal", value })
        : bad(`${value}, which JSON can't hold`, "Use a finite number");
    case "object": {
      if (value === null) return Object.freeze({ kind: "Literal", value });
      if (Array.isArray(value)) {
        const items = value.map((item, index) => read(item, scope, [...at, String(index)]));
        return Object.freeze({ kind: "Array", items: Object.freeze(items) });
      }
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) {
        return bad(`a ${value.constructor.name}`, "Return plain data and references, from a synchronous function");
      }
      const fields = Object.entries(value)
        .filter(([, field]) => field !== undefined)
        .map(([key, field]) => Object.freeze([key, read(field, scope, [...at, key])] as const));
      return Object.freeze({ kind: "Object", fields: Object.freeze(fields) });
    }
    default:
      return bad(`of type ${typeof value}`, "Return an object of plain data and references");
  }
}

/** How many levels a mapping has. */
export function levelsOf(mapping: Mapping): number {
  switch (mapping.kind) {
    case "Absent":
    case "Literal":
    case "Reference":
      return 1;
    case "Object":
      return 1 + Math.max(0, ...mapping.fields.map(([, field]) => levelsOf(field)));
    case "Array":
      return 1 + Math.max(0, ...mapping.items.map(levelsOf));
  }
}

/** The names that a mapping reads. */
export function rootsOf(mapping: Mapping): readonly string[] {
  switch (mapping.kind) {
    case "Absent":
    case "Literal":
      return [];
    case "Reference":
      return [mapping.root];
    case "Object":
      return mapping.fields.flatMap(([, field]) => rootsOf(field));
    case "Array":
      return mapping.items.flatMap(rootsOf);
  }
}

type Reference = Extract<Mapping, { kind: "Reference" }>;

/** The mapping with others in place of some of its names; what is read below a name is then read below its replacement. */
export function substitute(mapping: Mapping, replacement: (reference: Reference) => Mapping | undefined): Mapping {
  switch (mapping.kind) {
    case "Absent":
    case "Literal":
      return mapping;
    case "Reference": {
      const instead = replacement(mapping);
      return instead ? mapping.path.reduce(partOf, instead) : mapping;
    }
    case "Object": {
      const fields = mapping.fields.map(([key, field]) => [key, substitute(field, replacement)] as const);
      return { kind: "Object", fields: fields.filter(([, field]) => field.kind !== "Absent") };
    }
    case "Array":
      return { kind: "Array", items: mapping.items.map((item) => substitute(item, replacement)) };
  }
}

function partOf(mapping: Mapping, key: string | number): Mapping {
  const absent: Mapping = { kind: "Absent" };
  switch (mapping.kind) {
    case "Absent":
    case "Literal":
      return absent;
    case "Reference":
      return { ...mapping, path: [...mapping.path, key] };
    case "Object":
      return mapping.fields.find(([name]) => name === String(key))?.[1] ?? absent;
    case "Array":
      return (typeof key === "number" && mapping.items[key]) || absent;
  }
}
