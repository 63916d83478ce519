import { createHash } from "node:crypto";

/** The name of what recovers an execution: the same each time that its end is told, another after a redrive. */
export function recoveryName(executionArn: string, redriveCount = 0): string {
  return createHash("sha256").update(`${executionArn}/${redriveCount}`).digest("hex");
}
