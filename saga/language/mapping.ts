import type { FunctionName } from "./symbolic";

/** A mapping as data: what the user's function returned, with its references resolved to names and paths. */
export type Mapping =
  | { readonly kind: "Absent" }
  | { readonly kind: "Literal"; readonly value: string | number | boolean | null }
  | Reference
  | { readonly kind: "Object"; readonly fields: readonly (readonly [string, Mapping])[] }
  | { readonly kind: "Array"; readonly items: readonly Mapping[] }
  /** The result of a function, or a part of it. */
  | {
      readonly kind: "Call";
      readonly name: Exclude<FunctionName, "choose">;
      readonly operands: readonly Mapping[];
      readonly path: Path;
    }
  /** One of two, by a test. */
  | {
      readonly kind: "Choose";
      readonly condition: Condition;
      readonly then: Mapping;
      readonly otherwise: Mapping;
      readonly path: Path;
    }
  /** A value that only the deployment knows: an output of Pulumi, or a part of one. */
  | { readonly kind: "Output"; readonly value: object; readonly path: Path };

export interface Reference {
  readonly kind: "Reference";
  readonly root: string;
  readonly path: Path;
  readonly maybe: boolean;
}

export type Path = readonly (string | number)[];

/** A test as data: its references resolved. */
export type Condition =
  | {
      readonly kind: "Compare";
      readonly op: "=" | ">" | ">=" | "<" | "<=";
      readonly left: Mapping;
      readonly right: Mapping;
    }
  | { readonly kind: "Present"; readonly value: Mapping }
  | { readonly kind: "All" | "Any"; readonly conditions: readonly Condition[] }
  | { readonly kind: "Not"; readonly condition: Condition };

/** The mappings that a condition compares. */
export function mappingsOf(condition: Condition): readonly Mapping[] {
  switch (condition.kind) {
    case "Compare":
      return [condition.left, condition.right];
    case "Present":
      return [condition.value];
    case "All":
    case "Any":
      return condition.conditions.flatMap(mappingsOf);
    case "Not":
      return mappingsOf(condition.condition);
  }
}

/** The mappings within a mapping. */
function partsOf(mapping: Mapping): readonly Mapping[] {
  switch (mapping.kind) {
    case "Absent":
    case "Literal":
    case "Reference":
    case "Output":
      return [];
    case "Object":
      return mapping.fields.map(([, field]) => field);
    case "Array":
      return mapping.items;
    case "Call":
      return mapping.operands;
    case "Choose":
      return [...mappingsOf(mapping.condition), mapping.then, mapping.otherwise];
  }
}

/** The names that a mapping reads. */
export function rootsOf(mapping: Mapping): readonly string[] {
  return mapping.kind === "Reference" ? [mapping.root] : partsOf(mapping).flatMap(rootsOf);
}

/** The outputs that a mapping holds. */
export function outputsIn(mapping: Mapping): readonly object[] {
  return mapping.kind === "Output" ? [mapping.value] : partsOf(mapping).flatMap(outputsIn);
}

/** The mapping with some of its names replaced by other mappings. A path below a name becomes a path below its replacement. */
export function substitute(mapping: Mapping, replacement: (reference: Reference) => Mapping | undefined): Mapping {
  const inside = (part: Mapping): Mapping => substitute(part, replacement);
  switch (mapping.kind) {
    case "Absent":
    case "Literal":
    case "Output":
      return mapping;
    case "Reference": {
      const instead = replacement(mapping);
      return instead ? mapping.path.reduce(partOf, instead) : mapping;
    }
    case "Object": {
      const fields = mapping.fields.map(([key, field]) => [key, inside(field)] as const);
      return { kind: "Object", fields: fields.filter(([, field]) => field.kind !== "Absent") };
    }
    case "Array":
      return { kind: "Array", items: mapping.items.map(inside) };
    case "Call":
      return { ...mapping, operands: mapping.operands.map(inside) };
    case "Choose":
      return {
        ...mapping,
        condition: substituteIn(mapping.condition, inside),
        then: inside(mapping.then),
        otherwise: inside(mapping.otherwise),
      };
  }
}

/** The condition with each of its mappings changed. */
export function substituteIn(condition: Condition, change: (mapping: Mapping) => Mapping): Condition {
  switch (condition.kind) {
    case "Compare":
      return { ...condition, left: change(condition.left), right: change(condition.right) };
    case "Present":
      return { ...condition, value: change(condition.value) };
    case "All":
    case "Any":
      return { ...condition, conditions: condition.conditions.map((each) => substituteIn(each, change)) };
    case "Not":
      return { ...condition, condition: substituteIn(condition.condition, change) };
  }
}

function partOf(mapping: Mapping, key: string | number): Mapping {
  const absent: Mapping = { kind: "Absent" };
  switch (mapping.kind) {
    case "Absent":
    case "Literal":
      return absent;
    case "Reference":
    case "Call":
    case "Choose":
    case "Output":
      return { ...mapping, path: [...mapping.path, key] };
    case "Object":
      return mapping.fields.find(([name]) => name === String(key))?.[1] ?? absent;
    case "Array":
      return (typeof key === "number" && mapping.items[key]) || absent;
  }
}
