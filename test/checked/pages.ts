/** The pages whose TypeScript the type checker accepts, each as one module. */
export const PAGES = [
  "README.md",
  "docs/language.md",
  "docs/tasks.md",
  "docs/starting.md",
  "docs/store.md",
  "docs/testing.md",
  "docs/definitions.md",
];
