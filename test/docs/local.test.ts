import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import * as lambda from "@aws-sdk/client-lambda";
import * as sfn from "@aws-sdk/client-sfn";
import { expect } from "chai";
import type { Json, JsonObject } from "../../saga/interpreter";
import { LocalCloud } from "../../saga/local/cloud";
import { evaluateProgram } from "../../saga/local/program";

interface Told {
  readonly command: string;
  readonly output: string;
}

/** The commands of the page's transcript, with their output. */
function transcript(): readonly Told[] {
  const page = readFileSync(join(__dirname, "../../docs/local.md"), "utf8");
  const [, text = ""] = /```console\n(.*?)```/s.exec(page) ?? [];
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((told) => {
      const [command = "", ...output] = told.trimEnd().split("\n");
      return { command, output: output.join("\n") };
    });
}

/** Splits a line like a shell, with quotes, and with variables outside of single quotes. */
function words(line: string, variables: ReadonlyMap<string, string>): readonly string[] {
  const expand = (text: string): string => text.replace(/\$(\w+)/g, (_, name: string) => variables.get(name) ?? "");
  return [...line.matchAll(/(?:'[^']*'|"(?:[^"\\]|\\.)*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"|([^'"]+)/g, (_, single?: string, double?: string, plain?: string) =>
      single !== undefined ? single : expand(double !== undefined ? double.replace(/\\(.)/g, "$1") : (plain ?? "")),
    ),
  );
}

/** The part of JMESPath that the transcript uses. */
function queried(value: Json | undefined, query: string | undefined): Json {
  if (query === undefined) return value ?? null;
  const field = (of: Json | undefined, name: string): Json => ((of ?? {}) as JsonObject)[name] ?? null;
  const several = /^\[(.*)\]$/.exec(query);
  if (several) return (several[1] as string).split(",").map((name) => queried(value, name));
  const [, list = "", selector = "", rest] = /^(\w+)\[(.*?)\](?:\.(.*))?$/.exec(query) ?? [];
  if (list === "") return field(value, query);
  const items = field(value, list) as Json[] | null;
  if (items === null) return null;
  if (/^\d+$/.test(selector)) return queried(items[Number(selector)], rest);
  const [, name = "", start = ""] = /^\?starts_with\((\w+), '(.*)'\)$/.exec(selector) ?? [];
  return items
    .filter((item) => name === "" || (field(item, name) as string).startsWith(start))
    .map((item) => queried(item, rest));
}

const camel = (kebab: string): string => kebab.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
const pascal = (kebab: string): string => camel(`-${kebab}`);

describe("the laptop cloud's page", function () {
  this.timeout(120_000);

  it("has an up-to-date transcript", async () => {
    const cloud = await LocalCloud.start(await evaluateProgram());
    const options = {
      endpoint: cloud.endpoint,
      region: "eu-west-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
      maxAttempts: 1,
    };
    const clients = { stepfunctions: new sfn.SFNClient(options), lambda: new lambda.LambdaClient(options) };

    /** A request to SQS, since no SQS client is installed. */
    async function sqs(action: string, request: object): Promise<JsonObject> {
      const headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": `AmazonSQS.${action}`,
        Authorization:
          "AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=0",
      };
      const answer = await fetch(cloud.endpoint, { method: "POST", headers, body: JSON.stringify(request) });
      return (await answer.json()) as JsonObject;
    }

    /** The output of a command of the AWS CLI. */
    async function run(line: string, variables: ReadonlyMap<string, string>): Promise<string> {
      const args = words(line.replace(/^aws (--endpoint-url "\$AWS_ENDPOINT_URL" )?/, ""), variables);
      const [service = "", action = ""] = args;
      const given = new Map<string, string>();
      for (let at = 2; at < args.length; at++) {
        const option = /^--(.+)$/.exec(args[at] as string)?.[1];
        if (option !== undefined) given.set(option, args[++at] as string);
      }
      const [query, form] = [given.get("query"), given.get("output")];
      const spell = service === "stepfunctions" ? camel : pascal;
      const request = Object.fromEntries(
        [...given]
          .filter(([name]) => name !== "query" && name !== "output")
          .map(([name, value]) => [spell(name), value]),
      );
      let told: JsonObject;
      try {
        if (service === "sqs") told = await sqs(pascal(action), request);
        else if (service === "sts")
          told = { ...(await new STSClient(options).send(new GetCallerIdentityCommand({}))) } as unknown as JsonObject;
        else {
          const commands = (service === "lambda" ? lambda : sfn) as unknown as Record<
            string,
            new (request: object) => never
          >;
          const Command = commands[`${pascal(action)}Command`] as new (request: object) => never;
          const client = clients[service as "lambda"];
          told = { ...(await client.send(new Command(request))) } as unknown as JsonObject;
        }
      } catch (error) {
        const { name, message } = error as Error;
        return `An error occurred (${name}) when calling the ${pascal(action)} operation: ${message}`;
      }
      const payload = told["Payload"] as unknown as { transformToString(): string } | undefined;
      const plain = JSON.parse(JSON.stringify({ ...told, $metadata: undefined, Payload: undefined })) as Json;
      const answer = queried(plain, query);
      if (form === "text") return (Array.isArray(answer) ? answer : [answer]).map((each) => each as string).join("\t");
      return (payload?.transformToString() ?? "") + JSON.stringify(answer, null, 4);
    }

    /** Removes the differences between runs: names, times, hashes of names, and the order of fields. */
    const masked = (text: string): readonly string[] =>
      text
        .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>")
        .replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"|\b\d{10}(\.\d+)?\b/g, "<time>")
        .replace(/(pay|trk)_[0-9a-f]+/g, "$1_<hash>")
        // A version's name contains a hash of the functions' code.
        .replace(/(stateMachine:[\w-]+):\d+/g, "$1:<version>")
        .split("\n")
        .map((line) => line.replace(/,$/, ""))
        .sort();

    try {
      const variables = new Map<string, string>();
      const commands = transcript();
      expect(commands.length).to.be.above(12);
      for (const { command, output } of commands) {
        const [, name, value = ""] = /^(\w+)=(.*)$/.exec(command) ?? [];
        const [, inner] = /^\$\((.*)\)$/.exec(value) ?? [];
        if (name === undefined) {
          expect(masked(await run(command, variables)), command).to.deep.equal(masked(output));
          await cloud.settled();
        } else variables.set(name, inner === undefined ? value : await run(inner, variables));
      }
    } finally {
      for (const client of Object.values(clients)) client.destroy();
      await cloud.close();
    }
  });
});
