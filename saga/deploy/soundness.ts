import * as pulumi from "@pulumi/pulumi";
import type { Saga } from "../language";
import { SearchLimitError, storiesOf, type Verdict } from "../verify";
import { prove } from "./prove";
import { storyText } from "./violation-text";

/**
 * Prevents the creation of a saga that some failure would leave half done.
 * @throws ResourceError on the resource, with the shortest path to each violation. Its `verdicts` are the whole proof.
 */
export function refuseUnsound(saga: Saga, resource: pulumi.Resource): void {
  refuseUnlessProved(saga.name, resource, () => prove(saga));
}

/**
 * Prevents the creation of an unsound saga. If the search exceeds its limit, it warns and continues.
 * @throws ResourceError on the resource, with the shortest path to each violation. Its `verdicts` are the whole proof.
 */
export function refuseUnlessProved(saga: string, resource: pulumi.Resource, proof: () => readonly Verdict[]): void {
  let verdicts: readonly Verdict[];
  try {
    verdicts = proof();
  } catch (error) {
    if (!(error instanceof SearchLimitError)) throw error;
    void pulumi.log.warn(`the saga '${saga}' is too large to be verified: the search ${error.message}`, resource);
    return;
  }
  const violations = verdicts.flatMap((verdict) => verdict.violations);
  if (violations.length === 0) return;
  const lines = storiesOf(violations).map(storyText);
  // The stack would not help: it has no place in the saga.
  const error = new pulumi.ResourceError(`the saga '${saga}' is not sound\n${lines.join("\n")}`, resource, true);
  throw Object.assign(error, { verdicts });
}
