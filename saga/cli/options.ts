import type { parseArgs } from "node:util";

/** All options of all commands, by name. */
export const OPTIONS = {
  json: { type: "boolean" },
  data: { type: "string", short: "d" },
  program: { type: "string" },
  stack: { type: "string", short: "s" },
  config: { type: "string", short: "c", multiple: true },
  stubs: { type: "string" },
  answer: { type: "string", multiple: true },
  fail: { type: "string", multiple: true },
  format: { type: "string" },
  output: { type: "string", short: "o" },
  execution: { type: "string" },
  input: { type: "string" },
  name: { type: "string" },
  beside: { type: "string" },
  undone: { type: "string" },
  most: { type: "string" },
  single: { type: "boolean" },
  pairs: { type: "boolean" },
  init: { type: "boolean" },
  force: { type: "boolean" },
  port: { type: "string" },
  host: { type: "string" },
  expose: { type: "boolean" },
  time: { type: "string" },
  keep: { type: "string" },
  endpoint: { type: "string" },
  deployed: { type: "boolean" },
  status: { type: "string" },
  events: { type: "boolean" },
  definition: { type: "string" },
  cause: { type: "string" },
  state: { type: "string" },
  "dry-run": { type: "boolean" },
  "allow-writes": { type: "boolean" },
} as const;

export type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

/** The options that every command takes. */
export const EVERYWHERE: readonly (keyof Values)[] = ["program", "stack", "config", "stubs"];
