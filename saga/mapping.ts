import { SagaDefinitionError } from "./errors";
import { makeRef, referenceOf } from "./ref";

/** A mapping as data: what the user's function returned, with its references resolved to names and paths. */
export type Mapping =
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
export type Scope = ReadonlyMap<string, { readonly maybe: boolean }>;

/**
 * Runs a user's mapping once, over symbolic references.
 * @throws SagaDefinitionError `coerced-reference`, `foreign-reference`, `bad-mapping`
 */
export function readMapping(
  map: (scope: never) => unknown,
  scope: Scope,
  where: { saga: string; step: string },
): Mapping {
  const owner = {};
  const refs: Record<string, object> = Object.create(null) as Record<string, object>;
  for (const [root, { maybe }] of scope) refs[root] = makeRef({ owner, root, path: [], maybe }, where);
  const scopeObject = new Proxy(Object.freeze(refs), {
    get(target, key) {
      const known = typeof key === "string" ? target[key] : undefined;
      if (known) return known;
      throw new SagaDefinitionError(
        "foreign-reference",
        where,
        `'${String(key)}' is not in scope here`,
        `In scope are: ${[...scope.keys()].join(", ")}`,
      );
    },
  });
  return read((map as (scope: unknown) => unknown)(scopeObject), owner, where, []);
}

function read(value: unknown, owner: object, where: { saga: string; step: string }, at: readonly string[]): Mapping {
  const place = at.length > 0 ? `the mapping's '${at.join(".")}'` : "the mapping";
  const bad = (what: string, hint: string): never => {
    throw new SagaDefinitionError("bad-mapping", where, `${place} is ${what}`, hint);
  };
  const reference = referenceOf(value);
  if (reference) {
    if (reference.owner !== owner) {
      throw new SagaDefinitionError(
        "foreign-reference",
        where,
        `${place} is '${[reference.root, ...reference.path].join(".")}' of another scope`,
        "Use only the references that this mapping's own argument has",
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
        const items = value.map((item, index) => read(item, owner, where, [...at, String(index)]));
        return Object.freeze({ kind: "Array", items: Object.freeze(items) });
      }
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) {
        return bad(
          `a ${(value).constructor.name}`,
          "Return plain data and references, from a synchronous function",
        );
      }
      const fields = Object.entries(value)
        .filter(([, field]) => field !== undefined)
        .map(([key, field]) => Object.freeze([key, read(field, owner, where, [...at, key])] as const));
      return Object.freeze({ kind: "Object", fields: Object.freeze(fields) });
    }
    default:
      return bad(`of type ${typeof value}`, "Return an object of plain data and references");
  }
}

/** The names that a mapping reads. */
export function rootsOf(mapping: Mapping): readonly string[] {
  switch (mapping.kind) {
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
