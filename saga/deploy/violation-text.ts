import type { Story, Violation } from "../verify";

/** What is wrong, the shortest way to it, and what mends it: in lines. */
export const storyText = ({ rule, message, steps, hint }: Story): string =>
  [`${rule}: ${message}`, ...steps.map((line) => `    ${line}`), `  → ${hint}`].join("\n");

export const violationText = ({ counterexample, ...violation }: Violation): string =>
  storyText({ ...violation, steps: counterexample });
