import type { Story } from "../verify";

/** A violation as lines: the message, the shortest path to it, and the hint. */
export const storyText = ({ rule, message, steps, hint }: Story): string =>
  [`${rule}: ${message}`, ...steps.map((line) => `    ${line}`), `  → ${hint}`].join("\n");
