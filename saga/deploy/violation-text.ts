import type { Violation } from "../verify";

/** What is wrong, the shortest way to it, and what mends it: in lines. */
export const violationText = ({ rule, message, counterexample, hint }: Violation): string =>
  [`${rule}: ${message}`, ...counterexample.map((line) => `    ${line}`), `  → ${hint}`].join("\n");
