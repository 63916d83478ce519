import { createHash } from "node:crypto";
import type { SagaIdentity } from "../saga";

/** The same for the same call, so a retry that finds nothing stored answers as the first try would have. */
export function idFor(prefix: string, { id, step }: SagaIdentity, order_id: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([id, step, order_id]))
    .digest("hex");
  return `${prefix}_${digest.slice(0, 24)}`;
}
