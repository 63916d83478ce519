import { createHash } from "node:crypto";

/** The name of an execution's recovery: the same for each event of one end, and another after a redrive. */
export function recoveryName(executionArn: string, redriveCount = 0): string {
  return createHash("sha256").update(`${executionArn}/${redriveCount}`).digest("hex");
}
