/** Conditional writes that withstand retries and undos, and the errors with which a task refuses a call. */
export { type Effect, logged } from "./logged";
export { refusal } from "./refusal";
export { check, nonBlank, type Rule, wholeNumber } from "./rules";
export type { RowKey, StoreAttributes } from "./rows";
export { type Found, openStore, type Store, type StoreOptions, type Undone } from "./store";
