import { createHash } from "node:crypto";
import type { Resource } from "../program";
import type { Caller } from "./authorizer";

/** The callers that are known here, by their access keys. Signatures are not checked. */
export class Callers {
  private readonly known = new Map<string, Caller>();

  /** The access key of a function. All its releases have the same key. */
  keyOf({ arn, physicalName, inputs }: Resource): string {
    const digest = createHash("sha256").update(arn as string);
    const accessKey = `ASIA${digest.digest("hex").slice(0, 16).toUpperCase()}`;
    this.known.set(accessKey, { roleArn: inputs["role"] as string, session: physicalName as string });
    return accessKey;
  }

  withKey(accessKey: string): Caller | undefined {
    return this.known.get(accessKey);
  }
}
