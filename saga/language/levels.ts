import { SagaDefinitionError } from "./errors";
import type { Condition, Mapping } from "./mapping";
import type { Where } from "./symbolic";

/** Step Functions ends an evaluation that nests 100 deep; the rest is for what is around a mapping or a test. */
const MOST_LEVELS = 88;

/**
 * Whether Step Functions evaluates a mapping, or a test.
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

/** What a function nests around its operands, at most, with what it reads of them. */
const CALL_LEVELS = 4;
const LEAST_LEVELS = 14;

/** How deep the evaluation of a mapping nests, at most. */
export function levelsOf(mapping: Mapping): number {
  switch (mapping.kind) {
    case "Absent":
    case "Literal":
    case "Output":
      return 3;
    case "Reference":
      return 6;
    case "Object":
      return 1 + Math.max(0, ...mapping.fields.map(([, field]) => levelsOf(field)));
    case "Array":
      return 1 + Math.max(0, ...mapping.items.map(elementLevels));
    case "Call": {
      const { operands, name } = mapping;
      const joined = name === "concat" || name === "orElse" ? joinsOf(operands.length) : 1;
      return Math.max(LEAST_LEVELS, CALL_LEVELS * joined + Math.max(0, ...operands.map(elementLevels)));
    }
    case "Choose":
      return (
        CALL_LEVELS + Math.max(levelsOfTest(mapping.condition), levelsOf(mapping.then), levelsOf(mapping.otherwise))
      );
  }
}

/** An element is asked for its type. */
function elementLevels(item: Mapping): number {
  switch (item.kind) {
    case "Call":
    case "Choose":
      return CALL_LEVELS + levelsOf(item);
    default:
      return levelsOf(item);
  }
}

/** How deep the evaluation of a test nests, at most: a comparison first asks for the types of both sides. */
export function levelsOfTest(condition: Condition): number {
  switch (condition.kind) {
    case "Compare":
      return Math.max(12, CALL_LEVELS + Math.max(levelsOf(condition.left), levelsOf(condition.right)));
    case "Present":
      return 2 + levelsOf(condition.value);
    case "Not":
      return 1 + levelsOfTest(condition.condition);
    case "All":
    case "Any": {
      const { conditions } = condition;
      return 2 * joinsOf(conditions.length) + Math.max(1, ...conditions.map(levelsOfTest));
    }
  }
}

/** They are joined in a balanced tree, each node of which is a pair of parentheses and an operator. */
const joinsOf = (operands: number): number => Math.ceil(Math.log2(Math.max(1, operands)));
