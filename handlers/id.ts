import { createHash } from "node:crypto";
import type { SagaIdentity } from "../saga";

/**
 * An identifier that is the same in each try of a call. So a retry that finds nothing stored returns what the first try
 * would have returned.
 */
export function idFor(prefix: string, { id, step }: SagaIdentity, order_id: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([id, step, order_id]))
    .digest("hex");
  return `${prefix}_${digest.slice(0, 24)}`;
}
