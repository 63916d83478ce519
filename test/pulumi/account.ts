import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type * as provider from "@pulumi/pulumi/provider";
import { checkDelete, checkPut, split } from "./constraints";
import { difference, kept } from "./schema";
import { type Held, type Inputs, Storage } from "./storage";
import { asKept } from "./throughput";

const ACCOUNT = "000000000000";
const REGION = "eu-west-1";

/**
 * Stands in for Pulumi's AWS provider, and for the account. A resource gets back its inputs, and what this program reads
 * of AWS's answers: name, ARN, and the ARN of what it publishes. What takes another resource, and what stays although it
 * is left out, is as in the provider's schema (`schema.ts`); what AWS refuses, it refuses (`constraints.ts`).
 *
 * @see https://www.pulumi.com/docs/iac/guides/building-extending/providers/
 */
export class Account implements provider.Provider {
  readonly version = versionOf("@pulumi/aws");
  private readonly storage: Storage;

  /** @param folder Where its resources are kept. */
  constructor(folder: string) {
    this.storage = new Storage(folder);
  }

  get resources(): readonly Held[] {
    return this.storage.all();
  }

  async create(urn: string, inputs: Inputs): Promise<provider.CreateResult> {
    const [types = "", logicalName = ""] = urn.split("::").slice(2);
    const type = types.split("$").at(-1) ?? "";
    const id = randomBytes(8).toString("hex");
    const prefix = (inputs["namePrefix"] as string | undefined) ?? `${logicalName}-`;
    const given = (inputs["name"] ?? inputs["dashboardName"]) as string | undefined;
    const name = given ?? prefix + id.slice(0, 7);
    const put = asKept(type, undefined, inputs);
    const resource = { id, type, name, arn: arnOf(type, name, put), revision: 1, inputs: plain(put) };
    checkPut(resource, this.resources);
    this.storage.create(resource);
    return { id, outs: outputs(put, resource) };
  }

  async diff(id: string, _urn: string, _olds: Inputs, news: Inputs): Promise<provider.DiffResult> {
    const { type, inputs } = this.storage.get(id);
    const { changed, replaces } = difference(type, inputs, plain(news));
    // Two can't be there at once under a name that the program gives: nameRequiresDeleteBeforeReplace in the provider's
    // bridge, pulumi-terraform-bridge.
    const deleteBeforeReplace = replaces.length > 0 && "name" in news;
    return { changes: changed.length > 0, replaces: [...replaces], deleteBeforeReplace };
  }

  /** What the account has now, whatever the engine has noted; nothing of what is no longer there. */
  async read(id: string, _urn: string, noted: Inputs = {}): Promise<provider.ReadResult> {
    const resource = this.resources.find((each) => each.id === id);
    if (!resource) return { id: "", props: {} };
    const asNoted = plain(noted);
    const inputs = Object.entries(resource.inputs).map(([key, value]) =>
      // Only a hash is kept of an archive.
      isDeepStrictEqual(value, asNoted[key]) ? [key, noted[key]] : [key, value],
    );
    return { id, props: outputs(Object.fromEntries(inputs) as Inputs, resource) };
  }

  async update(id: string, _urn: string, _olds: Inputs, news: Inputs): Promise<provider.UpdateResult> {
    const old = this.storage.get(id);
    const put = asKept(old.type, old.inputs, { ...news, ...kept(old.type, old.inputs, news) });
    const resource = { ...old, revision: old.revision + 1, inputs: plain(put) };
    checkPut(resource, this.othersThan(id));
    this.storage.update(resource);
    return { outs: outputs(put, resource) };
  }

  async delete(id: string): Promise<void> {
    checkDelete(this.storage.get(id), this.othersThan(id));
    this.storage.delete(id);
  }

  async invoke(token: string, inputs: Inputs = {}): Promise<provider.InvokeResult> {
    if (token === "aws:sfn/getStateMachineVersions:getStateMachineVersions") {
      const machine = this.resources.find(({ arn }) => arn === inputs["statemachineArn"]);
      if (!machine) throw new Error(`StateMachineDoesNotExist: ${String(inputs["statemachineArn"])}`);
      // The last one first.
      const numbers = Array.from({ length: machine.revision }, (_, at) => machine.revision - at);
      return { outputs: { statemachineVersions: numbers.map((number) => `${machine.arn}:${number}`) } };
    }
    const answer = ANSWERS[token];
    if (!answer) throw new Error(`the program calls ${token}, which the stand-in for AWS does not answer`);
    return { outputs: answer };
  }

  private othersThan(id: string): readonly Held[] {
    return this.resources.filter((other) => other.id !== id);
  }
}

/** What the program may ask of the account. */
const ANSWERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "aws:index/getCallerIdentity:getCallerIdentity": { accountId: ACCOUNT },
  "aws:index/getRegion:getRegion": { region: REGION },
  "aws:index/getPartition:getPartition": { partition: "aws", dnsSuffix: "amazonaws.com" },
};

/** Of the form, if not the spelling, of AWS's own. */
function arnOf(type: string, name: string, { routingConfigurations }: Inputs): string {
  if (type === "aws:sfn/alias:Alias") {
    const [first] = routingConfigurations as readonly { readonly stateMachineVersionArn: string }[];
    return `${split(first?.stateMachineVersionArn ?? "")[0]}:${name}`;
  }
  const [, service = "", kind = ""] = /([^/:]+)\/[^:]+:(\w+)$/.exec(type) ?? [];
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${kind}:${name}`;
}

function outputs(inputs: Inputs, { name, arn, revision }: Held): Inputs {
  const version = `${arn}:${revision}`;
  // Of a function and of a state machine, in this order.
  const versions = inputs["publish"] === true ? { qualifiedArn: version, stateMachineVersionArn: version } : {};
  return { ...inputs, name, arn, ...versions };
}

/** Inputs as JSON. The engine hands over the hash of an archive with it; its contents may be left out where they are known. */
function plain(inputs: Inputs): Inputs {
  return JSON.parse(
    JSON.stringify(inputs, (_, value: unknown) =>
      typeof value === "object" && value !== null && SIGNATURE in value && "hash" in value ? value.hash : value,
    ),
  ) as Inputs;
}

/** Marks what is not a plain object on the wire: assets, archives. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** Of an installed package. */
export function versionOf(name: string): string {
  const { version } = JSON.parse(readFileSync(require.resolve(`${name}/package.json`), "utf8")) as { version: string };
  return version;
}
