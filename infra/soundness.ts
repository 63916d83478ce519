import * as pulumi from "@pulumi/pulumi";
import { prove, type Saga, SearchLimitError, type Violation } from "../saga";

/**
 * Lets nothing be created of a saga that some failure would leave half done.
 * @throws ResourceError on the resource, with the shortest way to each violation
 */
export function refuseUnsound(saga: Saga, resource: pulumi.Resource): void {
  let violations: readonly Violation[];
  try {
    violations = prove(saga).flatMap((verdict) => verdict.violations);
  } catch (error) {
    if (!(error instanceof SearchLimitError)) throw error;
    void pulumi.log.warn(`the saga '${saga.name}' is too large to be verified: the search ${error.message}`, resource);
    return;
  }
  if (violations.length === 0) return;
  const told = violations.map(({ rule, message, story, hint }) =>
    [`${rule}: ${message}`, ...story.map((line) => `    ${line}`), `  → ${hint}`].join("\n"),
  );
  throw new pulumi.ResourceError(`the saga '${saga.name}' is not sound\n${told.join("\n")}`, resource);
}
