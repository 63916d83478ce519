import { createHash } from "node:crypto";
import { readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type * as provider from "@pulumi/pulumi/provider";

type Inputs = Readonly<Record<string, unknown>>;

/**
 * Stands in for Pulumi's AWS provider: a folder is the account, with a file for each resource in it. A resource gets back
 * its inputs, and what this program reads of AWS's answers: name, ARN, and the ARN of what it publishes.
 *
 * @see https://www.pulumi.com/docs/iac/guides/building-extending/providers/
 */
export class Account implements provider.Provider {
  readonly version = versionOf("@pulumi/aws");

  constructor(private readonly folder: string) {}

  /** How many resources there are. */
  get size(): number {
    return readdirSync(this.folder).length;
  }

  async create(urn: string, inputs: Inputs): Promise<provider.CreateResult> {
    const id = sha256(urn).slice(0, 16);
    writeFileSync(join(this.folder, id), urn, { flag: "wx" });
    const [type = "", name = ""] = urn.split("::").slice(2);
    const [, service = "", kind = ""] = /([^/:]+)\/[^:]+:(\w+)$/.exec(type) ?? [];
    const prefix = (inputs["namePrefix"] as string | undefined) ?? `${name}-`;
    const physicalName = (inputs["name"] as string | undefined) ?? prefix + id.slice(0, 7);
    const arn = `arn:aws:${service}:eu-west-1:000000000000:${kind}:${physicalName}`;
    return { id, outs: outputs(inputs, { name: physicalName, arn, revision: 1 }) };
  }

  async diff(_id: string, _urn: string, olds: Inputs, news: Inputs): Promise<provider.DiffResult> {
    return { changes: olds["fingerprint"] !== fingerprint(news) };
  }

  async update(id: string, urn: string, olds: Inputs, news: Inputs): Promise<provider.UpdateResult> {
    writeFileSync(join(this.folder, id), urn, { flag: "r+" });
    const { name, arn, revision } = olds as unknown as Known;
    return { outs: outputs(news, { name, arn, revision: revision + 1 }) };
  }

  async delete(id: string): Promise<void> {
    unlinkSync(join(this.folder, id));
  }
}

interface Known {
  readonly name: string;
  readonly arn: string;
  readonly revision: number;
}

function outputs(inputs: Inputs, known: Known): Inputs {
  const version = `${known.arn}:${known.revision}`;
  // Of a function and of a state machine, in this order.
  const versions = inputs["publish"] === true ? { qualifiedArn: version, stateMachineVersionArn: version } : {};
  return { ...inputs, ...known, ...versions, fingerprint: fingerprint(inputs) };
}

/** The engine hands over the hash of an archive with it; its contents may be left out where they are known. */
function fingerprint(inputs: Inputs): string {
  return sha256(
    JSON.stringify(inputs, (_, value: unknown) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
      if (SIGNATURE in value && "hash" in value) return value.hash;
      return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
    }),
  );
}

/** Marks what is not a plain object on the wire: assets, archives. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Of an installed package. */
export function versionOf(name: string): string {
  const { version } = JSON.parse(readFileSync(require.resolve(`${name}/package.json`), "utf8")) as { version: string };
  return version;
}
