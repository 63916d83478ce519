import { COMPENSATED } from "../asl/outcome";
import { SagaDefinitionError } from "./errors";

// The name of a state or a variable has at most 80 characters. The logs of a machine require ASCII.
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,79}$/;

/** The built-in functions of JSONata and of Step Functions. A variable with such a name would hide the function. */
const FUNCTIONS = [
  ..."string length substring substringBefore substringAfter uppercase lowercase trim pad contains split join match".split(
    " ",
  ),
  ..."replace eval base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl".split(" "),
  ..."number abs floor ceil round power sqrt random formatNumber formatBase formatInteger parseInteger".split(" "),
  ..."sum max min average boolean not exists count append sort reverse shuffle distinct zip".split(" "),
  ..."keys lookup spread merge sift each error assert type now millis fromMillis toMillis".split(" "),
  ..."map filter single reduce clone partition range hash uuid parse".split(" "),
] as const;

/** The end of a completed execution whose last state can't have `End`. */
export const COMPLETED = "SagaCompleted";
/** The end of an undo machine whose last state can't have `End`. */
export const UNDONE = "SagaUndone";

/** Names that a step can't have, because a scope, the variables or the states already use them. */
export type ReservedName =
  "input" | "states" | "saga" | "failure" | typeof COMPENSATED | typeof COMPLETED | typeof UNDONE;
const RESERVED: ReadonlySet<string> = new Set<string>([
  ...(["input", "states", "saga", "failure", COMPENSATED, COMPLETED, UNDONE] satisfies ReservedName[]),
  ...FUNCTIONS,
  ...Object.getOwnPropertyNames(Object.prototype),
]);

/** @throws SagaDefinitionError `bad-name`, `reserved-name` */
export function checkStateName(saga: string, name: string): void {
  if (typeof name !== "string" || !NAME.test(name)) {
    throw new SagaDefinitionError(
      "bad-name",
      { saga },
      `${JSON.stringify(name)} can't name a state`,
      "Use a letter, then letters, digits and underscores: 1 to 80 characters in all",
    );
  }
  if (RESERVED.has(name)) {
    throw new SagaDefinitionError(
      "reserved-name",
      { saga },
      `'${name}' has a meaning of its own in every saga`,
      "Choose another name for the step",
    );
  }
}

// AWS's own rule for a state machine with logs, less what makes the names of its machines unique.
const SAGA_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,66}$/;

/** @throws SagaDefinitionError `bad-name` */
export function checkSagaName(name: string): void {
  if (typeof name !== "string" || !SAGA_NAME.test(name)) {
    throw new SagaDefinitionError(
      "bad-name",
      {},
      `${JSON.stringify(name)} can't name a saga`,
      "Use letters, digits, hyphens and underscores: 1 to 67 characters in all",
    );
  }
}
