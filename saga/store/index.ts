/** Conditional writes that stand retries and undos, and what a task's function says no with. */
export { type Effect, logged } from "./logged";
export { refusal } from "./refusal";
export { check, nonBlank, type Rule, wholeNumber } from "./rules";
export type { RowKey, StoreAttributes } from "./rows";
export { type Found, openStore, type Store, type StoreOptions, type Undone } from "./store";
