import { ListStateMachinesCommand, SFNClient } from "@aws-sdk/client-sfn";
import { expect } from "chai";
import { dice } from "../../dice";
import type { LocalCloud } from "../../../saga/local/cloud";
import { clientOptions, machineArn, startCloud } from "./fixture";
import { AUTHORIZATION, errorName, httpRequest, type RawAnswer, type RawOptions, sendRaw } from "./raw";
import { sizes } from "../../slow";

const REQUESTS = Number(process.env["FUZZ_REQUESTS"] ?? 1000);
const SEED = Number(process.env["FUZZ_SEED"] ?? 1);
const TOGETHER = 16;

interface Tried extends RawOptions {
  readonly kind: string;
  readonly parts: readonly (string | Buffer)[];
  /** Whether its connection may be closed without an answer. */
  readonly mayEnd?: true;
}

const TARGETS = [
  ..."CreateStateMachine UpdateStateMachine DeleteStateMachine DescribeStateMachine ListStateMachines StartExecution StartSyncExecution DescribeExecution DescribeStateMachineForExecution GetExecutionHistory ListExecutions StopExecution RedriveExecution SendTaskSuccess SendTaskFailure SendTaskHeartbeat TestState ValidateStateMachineDefinition PublishStateMachineVersion ListStateMachineVersions DeleteStateMachineVersion CreateStateMachineAlias UpdateStateMachineAlias DescribeStateMachineAlias ListStateMachineAliases"
    .split(" ")
    .map((action) => `AWSStepFunctions.${action}`),
  ..."DescribeLogGroups DescribeLogStreams GetLogEvents FilterLogEvents"
    .split(" ")
    .map((action) => `Logs_20140328.${action}`),
  ..."GetItem PutItem Query Scan UpdateItem BatchGetItem".split(" ").map((action) => `DynamoDB_20120810.${action}`),
  "secretsmanager.GetSecretValue",
  "AmazonSSM.GetParameter",
  "AmazonSQS.SendMessage",
];
const FIELDS = [
  "name stateMachineArn executionArn stateMachineVersionArn stateMachineAliasArn definition roleArn input output type",
  "maxResults nextToken statusFilter reverseOrder taskToken routingConfiguration mock variables context publish error",
  "cause logGroupName logStreamName startTime limit filterPattern TableName Key Item SecretId Name QueueUrl MessageBody",
].flatMap((names) => names.split(" "));

/** A generator of all kinds of requests. A seed always gives the same ones. */
function generator(seed: number) {
  const { random, below, one, bytes } = dice(seed);
  const word = (): string =>
    one(["", "x", "0", "-1", "'", "😀", "\u0000", "..", "%00", "x".repeat(300), "null", "[]", "{}"]);

  function value(depth = 0): unknown {
    const kinds: (() => unknown)[] = [
      word,
      word,
      () => below(2 ** 31) - 2 ** 30,
      () => random() * 1e300,
      () => random() < 0.5,
      () => null,
      () =>
        one([machineArn("wait"), machineArn("quick"), `${machineArn("wait")}:7`, "arn:aws:states:x:y:execution:a:b"]),
    ];
    if (depth < 4) {
      kinds.push(
        () => Array.from({ length: below(4) }, () => value(depth + 1)),
        () => object(depth + 1),
        () => JSON.stringify(object(depth + 1)),
      );
    }
    return one(kinds)();
  }
  const object = (depth = 0): Record<string, unknown> =>
    Object.fromEntries(Array.from({ length: below(6) }, () => [random() < 0.7 ? one(FIELDS) : word(), value(depth)]));

  const arn = (): string =>
    one([
      machineArn("wait"),
      machineArn("quick"),
      machineArn("wait").replace("stateMachine", "execution"),
      "arn:x",
      word(),
    ]);
  /** A body with the right fields, and wrong values in some of them. */
  const plausible = (): Record<string, unknown> => ({
    stateMachineArn: arn(),
    executionArn: arn(),
    stateMachineVersionArn: `${arn()}:${below(9)}`,
    stateMachineAliasArn: `${arn()}:live`,
    name: word(),
    definition: one([word(), '{"StartAt":"A","States":{}}', JSON.stringify(value())]),
    roleArn: one([word(), "arn:aws:iam::000000000000:role/all"]),
    taskToken: word() + "x",
    output: word(),
    routingConfiguration: [{ stateMachineVersionArn: arn(), weight: below(120) }],
    ...(random() < 0.3 && { input: word(), nextToken: word(), maxResults: below(2000) - 500 }),
    ...(random() < 0.2 && { mock: object(), variables: word(), stateName: word() }),
  });

  const target = () => ({ "X-Amz-Target": one(TARGETS) });
  const kinds: readonly (() => Tried)[] = [
    () => ({ kind: "random bytes", parts: [bytes(1 + below(600))], mayEnd: true }),
    () => ({ kind: "random JSON", parts: httpRequest({ headers: target(), body: JSON.stringify(object()) }) }),
    () => ({ kind: "random JSON", parts: httpRequest({ headers: target(), body: JSON.stringify(value()) }) }),
    ...Array.from({ length: 3 }, () => () => ({
      kind: "plausible JSON",
      parts: httpRequest({ headers: target(), body: JSON.stringify(plausible()) }),
    })),
    () => ({ kind: "no JSON", parts: httpRequest({ headers: target(), body: bytes(below(300)) }) }),
    () => ({
      kind: "unknown target",
      parts: httpRequest({
        headers: {
          "X-Amz-Target": `${one(["AWSStepFunctions", "Nothing", "Logs_20140328", ""])}.${one(["X", "constructor", "__proto__"])}`,
        },
        body: "{}",
      }),
    }),
    () => ({
      kind: "1 MB",
      parts: httpRequest({
        headers: target(),
        body:
          random() < 0.5
            ? JSON.stringify({ [one(FIELDS)]: "x".repeat(1024 * 1024) })
            : Buffer.alloc(1024 * 1024, below(256)),
      }),
    }),
    () => ({
      kind: "slow",
      parts: [httpRequest({ headers: { ...target(), "Content-Length": "40" } })[0], "{", "}", "}"],
      pauseMs: 250,
    }),
    () => ({ kind: "half-open", parts: [httpRequest({ headers: target() })[0].slice(0, below(150))], mayEnd: true }),
    () => ({
      kind: "wrong Host",
      parts: httpRequest({
        headers: { ...target(), Host: one(["evil.example", "10.1.2.3:4566", "amazonaws.com", "localhost.evil"]) },
        body: "{}",
      }),
    }),
    () => ({
      kind: "wrong Origin",
      parts: httpRequest({
        headers: { ...target(), Origin: one(["http://evil.example", "null", "file://", "x"]) },
        body: "{}",
      }),
    }),
    () => ({
      kind: "Lambda",
      parts: httpRequest({
        method: one(["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]),
        path: `/2015-03-31/functions/${one(["", "echo", "%00", "..", "none", "echo:9", "a%2Fb"])}${one(["", "/invocations", "/policy", "/configuration", "/x"])}${one(["", "?Qualifier=x", "?MaxItems=x", "?Marker=x", "?%"])}`,
        headers: { "X-Amz-Invocation-Type": one(["Event", "DryRun", "Nothing"]) },
        body: random() < 0.5 ? "{" : JSON.stringify(value()),
      }),
    }),
    () => ({
      kind: "form",
      parts: httpRequest({
        headers: {
          "Content-Type": "application/x-www-form-urlencoded",
          Authorization: AUTHORIZATION.replace("states", one(["sts", "sns", "iam", "s3"])),
        },
        body: `Action=${one(["GetCallerIdentity", "AssumeRole", "", "%00", "Publish"])}&${word()}=${word()}`,
      }),
    }),
    () => ({
      kind: "wrong signature",
      parts: httpRequest({
        headers: { ...target(), Authorization: one(["x", "AWS4-HMAC-SHA256", "Credential=//"]) },
        body: "{}",
      }),
    }),
  ];
  return (): Tried => one(kinds)();
}

/** The fault of an answer, or undefined. */
function faultOf(answer: RawAnswer | undefined, { mayEnd }: Tried): string | undefined {
  if (!answer) return mayEnd ? undefined : "it was closed without an answer";
  const { status, headers, body } = answer;
  if (!/^[0-9a-f-]{36}$/.test(headers["x-amzn-requestid"] ?? "")) return "it has no x-amzn-RequestId";
  if (status >= 500) return `it is ${status}: ${body}`;
  if (status < 400) return undefined;
  const name = errorName(answer);
  return name !== undefined && /^[A-Z][A-Za-z]+$/.test(name) ? undefined : `it names no error: ${status} ${body}`;
}

describe("the wire under fuzz", function () {
  this.timeout(120_000);
  let cloud: LocalCloud;
  before(async () => {
    cloud = await startCloud({ wire: { limits: { head: 400, request: 500 } } });
  });
  after(() => cloud.close());

  for (const [cases, mark] of sizes(REQUESTS)) {
    it(`answers ${cases} requests as AWS would, and continues to serve (seed ${SEED})${mark}`, async () => {
      const next = generator(SEED);
      const tried = Array.from({ length: cases }, next);
      expect(JSON.stringify(generator(SEED)()), "a seed gives the same requests").to.equal(JSON.stringify(tried[0]));
      const queue = [...tried.entries()];
      const answers: Record<string, number> = {};
      const sender = async (): Promise<void> => {
        for (let each = queue.shift(); each; each = queue.shift()) {
          const [index, { parts, ...one }] = each;
          const answer = await sendRaw(cloud.endpoint, parts, { ...one, patienceMs: 10_000 });
          const fault = faultOf(answer, { parts, ...one });
          const shown = parts
            .map((part) =>
              Buffer.from(part as string)
                .toString("latin1")
                .slice(0, 600),
            )
            .join("");
          expect(fault, `request ${index}, ${one.kind}: ${shown}`).to.equal(undefined);
          const what = answer ? (errorName(answer) ?? String(answer.status)) : "closed";
          answers[what] = (answers[what] ?? 0) + 1;
        }
      };
      await Promise.all(Array.from({ length: TOGETHER }, sender));
      expect(Object.keys(answers), "every way of refusing").to.include.members([
        "SerializationException",
        "ValidationException",
        "UnknownOperationException",
        "AccessDeniedException",
        "MalformedHttpRequestException",
        "RequestTimeoutException",
        "IncompleteSignatureException",
        "InvalidArn",
      ]);
      const sfn = new SFNClient(clientOptions(cloud));
      const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}));
      expect(stateMachines.map(({ name }) => name)).to.include("echo");
    });
  }
});
