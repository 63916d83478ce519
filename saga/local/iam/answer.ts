/** An answer that this machine can't give, with the reason. */
export interface Unknown {
  readonly unknown: string;
}

/** Whether a condition holds, or why this machine can't decide it. */
export type Answer = boolean | Unknown;

export const unknown = (why: string): Unknown => ({ unknown: why });
export const isUnknown = (value: unknown): value is Unknown =>
  typeof value === "object" && value !== null && "unknown" in value;

/** False if any answer is false, even if others are unknown. */
export function all(answers: readonly Answer[]): Answer {
  return !answers.includes(false) && (answers.find(isUnknown) ?? true);
}

/** True if any answer is true, even if others are unknown. */
export function any(answers: readonly Answer[]): Answer {
  return answers.includes(true) || (answers.find(isUnknown) ?? false);
}

export const not = (answer: Answer): Answer => (isUnknown(answer) ? answer : !answer);
