import { isTest } from "./condition";
import { SagaDefinitionError } from "./errors";
import type { Condition, Mapping } from "./mapping";
import { symbolicOf } from "./ref";
import { type FunctionCall, type Symbolic, sayOf } from "./symbolic";

/** A place, and the scopes whose references are valid in it. */
export interface ReadScope {
  /** The scope of the mapping, and the scopes of the lists around it. */
  readonly owners: readonly object[];
  readonly where: { readonly saga: string; readonly step: string };
  /** In a trial, a replacement of a symbolic value may be anywhere. These values are read as absent. */
  readonly trial?: { readonly absent: ReadonlySet<Symbolic> };
}

/**
 * The result of a mapping, as data.
 * @throws SagaDefinitionError `coerced-reference`, `foreign-reference`, `bad-mapping`
 */
export function readValue(value: unknown, scope: ReadScope): Mapping {
  return read(value, scope, []);
}

/** The maximum depth of literals, long before the stack overflows. */
const MOST_LEVELS = 50;

const ABSENT: Mapping = Object.freeze({ kind: "Absent" });

function read(value: unknown, scope: ReadScope, at: readonly string[]): Mapping {
  const { where, trial } = scope;
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
  const symbolic = symbolicOf(value);
  if (symbolic) return readSymbolic(symbolic, scope, at);
  if (isTest(value)) return bad("a test", "Choose by it with choose(test, a, b), or with a when");
  if (isOutput(value)) return Object.freeze({ kind: "Output", value, path: [] });
  switch (typeof value) {
    case "string":
    case "boolean":
      return Object.freeze({ kind: "Literal", value });
    case "number":
      if (trial && Number.isNaN(value)) return ABSENT;
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
        .map(([key, field]) => Object.freeze([key, read(field, scope, [...at, key])] as const))
        .filter(([, field]) => field.kind !== "Absent");
      return Object.freeze({ kind: "Object", fields: Object.freeze(fields) });
    }
    default:
      if (trial && value === undefined) return ABSENT;
      return bad(`of type ${typeof value}`, "Return an object of plain data and references");
  }
}

/** The mark by which Pulumi recognises outputs of any copy of itself. */
const isOutput = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Reflect.get(value, "__pulumiOutput") === true;

function readSymbolic(symbolic: Symbolic, scope: ReadScope, at: readonly string[]): Mapping {
  for (let each: Symbolic | undefined = symbolic; each; each = each.parent) {
    if (scope.trial?.absent.has(each)) return ABSENT;
  }
  const path = Object.freeze(symbolic.path);
  if (symbolic.kind === "Call") return readCall(symbolic, scope, at);
  const { owner, root, maybe } = symbolic;
  if (scope.owners.includes(owner)) return Object.freeze({ kind: "Reference", root, path, maybe });
  throw new SagaDefinitionError(
    "foreign-reference",
    scope.where,
    `${at.length > 0 ? `the mapping's '${at.join(".")}'` : "the mapping"} is '${sayOf(symbolic)}' of another scope`,
    "Use only the references that this mapping's own argument has, and those of a forEach around it",
  );
}

function readCall({ name, operands, path }: FunctionCall, scope: ReadScope, at: readonly string[]): Mapping {
  const operand = (value: unknown): Mapping =>
    value === undefined ? ABSENT : read(value, scope, [...at, `${name}(…)`]);
  if (name === "choose") {
    const [test, then, otherwise] = operands;
    const condition = readCondition(test, scope, "a choose(…) has no test");
    return Object.freeze({ kind: "Choose", condition, then: operand(then), otherwise: operand(otherwise), path });
  }
  const all = operands.map(operand);
  const present = name === "concat" || name === "orElse" ? all.filter(({ kind }) => kind !== "Absent") : all;
  return Object.freeze({ kind: "Call", name, operands: Object.freeze(present), path });
}

const COMPARE = { eq: "=", gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

/**
 * A test, as data.
 * @throws SagaDefinitionError `bad-mapping` for a value that is not a test, and all that a mapping can throw
 */
export function readCondition(from: unknown, scope: ReadScope, missing = "the function gives no test"): Condition {
  if (!isTest(from)) {
    throw new SagaDefinitionError(
      "bad-mapping",
      scope.where,
      missing,
      "Give eq(…), gt(…), isPresent(…), and(…) or the like, of references",
    );
  }
  const value = (index: number): Mapping => {
    const operand = from.operands[index];
    return operand === undefined ? ABSENT : readValue(operand, scope);
  };
  const inner = (): readonly Condition[] => from.operands.map((operand) => readCondition(operand, scope));
  switch (from.op) {
    case "ne":
      return { kind: "Not", condition: { kind: "Compare", op: "=", left: value(0), right: value(1) } };
    case "and":
      return { kind: "All", conditions: inner() };
    case "or":
      return { kind: "Any", conditions: inner() };
    case "not":
      return { kind: "Not", condition: readCondition(from.operands[0], scope) };
    case "isPresent":
      return { kind: "Present", value: value(0) };
    default:
      return { kind: "Compare", op: COMPARE[from.op], left: value(0), right: value(1) };
  }
}
