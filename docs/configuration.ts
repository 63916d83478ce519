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
    "`npx pulumi config set KEY VALUE` sets a key for the stack. The program refuses a wrong value and an unknown key before it deploys",
    "anything. In a program of your own, `readConfig()` reads these keys from the stack. They are also arguments of `SagaStateMachine`",
    "and `sagaTable`.",
    "",
    "| key | type | default | allowed | meaning |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
    "`aws:region` and the other settings of the AWS provider belong to Pulumi. All resources have the tags `project` and `stack`. The",
    "provider can add other tags: `npx pulumi config set --path aws:defaultTags.tags.team shop`.",
    "",
    "[Operations](operations.md) explains how to change the table's capacity, the key, and the traffic of a release.",
    "",
  ].join("\n");
}
