/** What nobody here can tell: why. */
export interface Unknown {
  readonly unknown: string;
}

/** Whether something holds, as far as this machine can tell. */
export type Answer = boolean | Unknown;

export const unknown = (why: string): Unknown => ({ unknown: why });
export const isUnknown = (value: unknown): value is Unknown =>
  typeof value === "object" && value !== null && "unknown" in value;

/** One that doesn't hold decides, whatever is unknown of the others. */
export function all(answers: readonly Answer[]): Answer {
  return !answers.includes(false) && (answers.find(isUnknown) ?? true);
}

/** One that holds decides, whatever is unknown of the others. */
export function any(answers: readonly Answer[]): Answer {
  return answers.includes(true) || (answers.find(isUnknown) ?? false);
}

export const not = (answer: Answer): Answer => (isUnknown(answer) ? answer : !answer);
