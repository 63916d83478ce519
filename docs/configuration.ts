import { type Key, SCHEMA } from "../saga/deploy/config";

/** `docs/configuration.md`, from the schema that checks a stack's config. */
export function configurationPage(): string {
  const rows = Object.entries<Key<unknown>>(SCHEMA).map(
    ([name, { type, default: value, allowed, description }]) =>
      `| \`${name}\` | ${type} | \`${String(value)}\` | ${allowed} | ${description} |`,
  );
  return [
    "# Configuration",
    "",
    "<!-- Made from saga/deploy/config.ts by `npm run docs`. -->",
    "",
    "`npx pulumi config set KEY VALUE` sets a key for the stack. A wrong value or an unknown key is refused before anything is",
    "deployed. In a program of your own, the same keys are arguments of `SagaStateMachine` and `sagaTable`, each where it concerns",
    "them; `readConfig()` reads them from the stack.",
    "",
    "| key | type | default | allowed | meaning |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
    "`aws:region` and the other settings of the AWS provider are Pulumi's own. All resources have the tags `project` and `stack`.",
    "The provider adds others: `npx pulumi config set --path aws:defaultTags.tags.team shop`.",
    "",
    "[Operations](operations.md) tells how to change the table's capacity, the key, and the traffic of a release.",
    "",
  ].join("\n");
}
