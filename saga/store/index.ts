/** Conditional writes that stand retries and undos, and what a task's function says no with. */
export { logged } from "./logged";
export { check, nonBlank, rowKey, type Rule } from "./rules";
export { openStore, type Undone } from "./store";
