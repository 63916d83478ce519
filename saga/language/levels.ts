import { SagaDefinitionError } from "./errors";
import type { Condition, Mapping, Path } from "./mapping";
import type { Where } from "./symbolic";

/** Step Functions ends an evaluation at 100 levels. The rest is for the expression around a mapping or a test. */
const MOST_LEVELS = 92;

/**
 * Checks that Step Functions can evaluate a mapping or a test.
 * @throws SagaDefinitionError `bad-mapping`
 */
export function checkLevels(what: "mapping" | "test", levels: number, where: Where): void {
  if (levels <= MOST_LEVELS) return;
  throw new SagaDefinitionError(
    "bad-mapping",
    where,
    `the ${what} nests so deep that Step Functions does not evaluate it`,
    "Make it flatter: concat(…), orElse(…), and(…) and or(…) take any number of operands; or compute it in the task",
  );
}

/*
 * The maximum nesting of the evaluation of a compiled mapping: a level for each operator, call, block, constructor, path and
 * name. A value that is bound to a name is three levels deeper: in a block, a binding and an object.
 */
const BOUND = 3;
/** The levels of a function above its bound operands. The sum has the most. */
const LEAST = 15;

export function levelsOf(mapping: Mapping): number {
  switch (mapping.kind) {
    case "Absent":
    case "Literal":
      return 1;
    case "Output":
      return belowLevels(mapping.path);
    case "Reference":
      // `saga` is an object. In a list, an expression in it makes the name of the step.
      return (mapping.root === "saga" ? 16 : mapping.maybe ? 4 : 2) + belowLevels(mapping.path);
    case "Object":
      return 1 + deepest(mapping.fields.map(([, field]) => levelsOf(field)));
    case "Array":
      return 1 + deepest(mapping.items.map(elementLevels));
    case "Call":
      return belowLevels(mapping.path) + Math.max(LEAST, callLevels(mapping));
    case "Choose": {
      const { condition, then, otherwise, path } = mapping;
      return belowLevels(path) + 2 + deepest([levelsOfTest(condition), levelsOf(then), levelsOf(otherwise)]);
    }
  }
}

function callLevels({ name, operands }: Extract<Mapping, { kind: "Call" }>): number {
  const operand = deepest(operands.map(levelsOf));
  switch (name) {
    case "concat":
      return 2 * Math.max(1, joinsOf(operands.length)) + operand;
    case "orElse":
      return BOUND * joinsOf(operands.length) + operand;
    case "text":
      return 1 + operand;
    case "hash":
      return 3 + deepest(operands.map(elementLevels));
    default:
      return BOUND + operand;
  }
}

/** The expression tests whether an element exists, and whether it is a list. */
function elementLevels(item: Mapping): number {
  switch (item.kind) {
    case "Absent":
    case "Literal":
    case "Object":
    case "Array":
      return levelsOf(item);
    case "Reference":
      return 6 + levelsOf(item);
    default:
      return Math.max(9, BOUND + levelsOf(item));
  }
}

/** The maximum nesting of the evaluation of a test. A comparison first tests the types of both sides. */
export function levelsOfTest(condition: Condition): number {
  switch (condition.kind) {
    case "Compare":
      return 5 + Math.max(levelsOf(condition.left), levelsOf(condition.right));
    case "Present":
      return 1 + levelsOf(condition.value);
    case "Not":
      return 1 + levelsOfTest(condition.condition);
    case "All":
    case "Any":
      return 2 * joinsOf(condition.conditions.length) + deepest(condition.conditions.map(levelsOfTest));
  }
}

/** The levels of a path: the path, an index in it, and a function for each key that a path can't contain. */
const belowLevels = (path: Path): number => (path.length === 0 ? 1 : 4 + path.filter(isUnusual).length);
const isUnusual = (key: string | number): boolean => typeof key === "string" && !/^[\w -]*$/.test(key);

const deepest = (levels: readonly number[]): number => Math.max(1, ...levels);

/** The levels of joined parts. They are a balanced tree, and each node has parentheses and an operator. */
const joinsOf = (operands: number): number => Math.ceil(Math.log2(Math.max(1, operands)));
