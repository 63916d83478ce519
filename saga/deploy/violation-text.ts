import type { Story, Violation } from "../verify";

/** A violation as lines: the message, the shortest path to it, and the hint. */
export const storyText = ({ rule, message, steps, hint }: Story): string =>
  [`${rule}: ${message}`, ...steps.map((line) => `    ${line}`), `  → ${hint}`].join("\n");

export const violationText = ({ counterexample, ...violation }: Violation): string =>
  storyText({ ...violation, steps: counterexample });
