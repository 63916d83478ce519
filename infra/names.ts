import * as pulumi from "@pulumi/pulumi";

/** A role and a function have 64 characters, of which Pulumi's suffix takes a hyphen and seven more. */
const NAME = /^[A-Za-z0-9_-]{1,56}$/;

/**
 * @param component Of which the names are made.
 * @throws RunError for a name that AWS would refuse in the middle of a deploy
 */
export function checkNames(component: string, names: readonly string[]): void {
  const bad = names.find((name) => !NAME.test(name));
  if (bad === undefined) return;
  throw new pulumi.RunError(
    `'${component}': '${bad}' can't name a role: use letters, digits, hyphens and underscores, 56 characters at most in all`,
  );
}
