import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as Pulumi from "@pulumi/pulumi";
import { type Asset, digestsOf } from "./assets";
import { type Project, readProject } from "./project";
import { forgetPromises, loadPulumi, withCheapTraces } from "./pulumi";
import { untilFailure } from "./rejections";
import { loadTypeScript } from "./typescript";

const REGION = "eu-west-1";
export const ACCOUNT = "000000000000";

/** A resource as the Pulumi program registered it. */
export interface Resource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Absent for components, which are not resources of AWS. The ARN is also absent for resources that have none. */
  readonly physicalName?: string;
  readonly arn?: string;
  /** The ARN of the version, for a resource that publishes versions. */
  readonly versionArn?: string;
  /** Set if the program reads an existing resource, which it does not create. */
  readonly existing?: true;
}

/** An evaluated Pulumi program: its resources in the order of registration, and the stack's outputs. */
export interface Program {
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, unknown>>;
  /** The deployed sagas, by the names of their components. */
  readonly sagas?: ReadonlyMap<string, unknown>;
  /** The declarations of sagas' machines and of hand-written ones, by the names of their components. */
  readonly declarations?: ReadonlyMap<string, unknown>;
}

/** The answers to a program's calls to its account, by token: `aws:ec2/getVpc:getVpc`. */
export type AccountAnswers = Readonly<Record<string, unknown>>;

/**
 * Evaluates a Pulumi program, without the CLI and without an account.
 *
 * @param config Values that override the defaults in `Pulumi.yaml`.
 * @param path The folder of the program, or a module that replaces the project's own.
 * @throws ProjectError
 */
export function evaluateProgram(config: Readonly<Record<string, string>> = {}, path = process.cwd()): Promise<Program> {
  return evaluate(readProject(path, { config }));
}

/**
 * Evaluates a project. Physical names get a suffix, as Pulumi's do; here it is a hash of type and logical name, so that
 * it is the same in each run. The mocks belong to the process, so a second evaluation waits for the first.
 *
 * @throws whatever the program throws, anywhere in it, as soon as it does
 */
export function evaluate(project: Project, answers: AccountAnswers = {}): Promise<Program> {
  const evaluated = lastEvaluation.then(() => untilFailure((stir) => evaluateAlone(project, answers, stir)));
  // After a failure, Pulumi would report the promises that are still pending.
  lastEvaluation = evaluated.catch(() => {
    forgetPromises(project.folder);
  });
  return evaluated;
}

let lastEvaluation: Promise<unknown> = Promise.resolve();

async function evaluateAlone(project: Project, answers: AccountAnswers, stir: () => void): Promise<Program> {
  const pulumi = loadPulumi(project.folder);
  const { runtime } = pulumi;
  const region = project.config["aws:region"] ?? REGION;
  const resources: Resource[] = [];
  // A secret is encrypted in the stack's state. Here it is an ordinary value.
  const revealed = (value: unknown): unknown => {
    if (runtime.isRpcSecret(value)) return revealed(runtime.unwrapRpcSecret(value));
    if (Array.isArray(value)) return value.map(revealed);
    // Only plain objects can contain secrets. An archive is not one.
    if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revealed(each)]));
  };

  const mocks: Pulumi.runtime.Mocks = {
    newResource: async ({ type, name, custom, inputs: untyped, id }) => {
      stir();
      const inputs = withPolicyTexts(revealed(untyped) as Resource["inputs"]);
      if (resources.some((other) => other.type === type && other.name === name)) {
        throw new Error(`the program registers two resources of type ${type} that are called '${name}'`);
      }
      const at = resources.length;
      resources.push({ type, name, inputs });
      if (custom !== true) return { id: undefined, state: {} };
      const existing = id === undefined || id === "" ? undefined : id;
      const { physicalName, arn } = identify({ type, name, inputs, existing, region });
      const published = inputs["publish"] === true ? { versionArn: `${arn}:${await versionOf(inputs)}` } : {};
      resources[at] = {
        type,
        name,
        inputs,
        physicalName,
        ...(arn !== undefined && { arn }),
        ...published,
        ...(existing !== undefined && { existing: true as const }),
      };
      // The properties of a function and of a state machine, in this order.
      const versions = { qualifiedArn: published.versionArn, stateMachineVersionArn: published.versionArn };
      const state = { ...inputs, ...(arn !== undefined && { arn }), name: physicalName, ...versions };
      if (type !== "aws:sqs/queue:Queue") return { id: physicalName, state };
      return {
        id: physicalName,
        state: { ...state, url: `https://sqs.${region}.amazonaws.com/${ACCOUNT}/${physicalName}` },
      };
    },
    call: ({ token, inputs }) => {
      const answer = answers[token] ?? answerOf(token, inputs as Readonly<Record<string, unknown>>, region);
      if (answer === undefined) {
        const details = `the program calls ${token}, which needs an account: give its answer in a file, with --stubs`;
        // Pulumi passes on the `details` of an error, as gRPC has them.
        throw Object.assign(new Error(details), { details });
      }
      return answer;
    },
  };
  await runtime.setMocks(mocks, project.name, project.stack, false);
  runtime.setAllConfig({ ...project.config }, [...project.secretKeys]);
  const [sagas, declarations] = [new Map<string, unknown>(), new Map<string, unknown>()];
  const registries = globalThis as unknown as Record<symbol, unknown>;
  Object.assign(registries, { [SAGAS]: sagas, [DECLARATIONS]: declarations });
  loadTypeScript(project);
  try {
    return await withCheapTraces(async () => {
      const exported = load(project);
      const outputs = pulumi.output(typeof exported === "function" ? (exported as () => unknown)() : exported);
      const values = await valueOf(outputs as Pulumi.Output<Record<string, unknown> | undefined>);
      await runtime.disconnect();
      return { resources, outputs: values ?? {}, sagas, declarations };
    });
  } finally {
    for (const registry of [SAGAS, DECLARATIONS]) Reflect.deleteProperty(registries, registry);
  }
}

/** The inputs whose type in Pulumi is `string | PolicyDocument`. The AWS provider turns an object into its JSON. */
const POLICIES: ReadonlySet<string> = new Set(["assumeRolePolicy", "policy", "policyDocument"]);

const withPolicyTexts = (inputs: Resource["inputs"]): Resource["inputs"] =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      name,
      POLICIES.has(name) && typeof value === "object" && value !== null ? JSON.stringify(value) : value,
    ]),
  );

/**
 * The registries in which components publish their sagas. They are global symbols, because a program may load the
 * package more than once.
 */
const SAGAS = Symbol.for("saga-aws-pulumi.sagas");
const DECLARATIONS = Symbol.for("saga-aws-pulumi.declarations");

/**
 * Loads the program's module, which registers its resources. It must load after the mocks are set, in each evaluation.
 */
function load({ folder, main }: Project): unknown {
  const program = createRequire(join(folder, "program.js"));
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
  delete require.cache[program.resolve(main)];
  try {
    return program(main);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_REQUIRE_ESM") throw error;
    const what = `${main} is an ES module, which can't be evaluated here`;
    throw new Error(`${what}: remove "type": "module" from its package.json`, { cause: error });
  }
}

/** The value of an output. Rejects if the program fails on the way. */
function valueOf<T>(output: Pulumi.Output<T>): Promise<T> {
  return (output as unknown as { readonly promise: () => Promise<T> }).promise();
}

interface Identity {
  readonly type: string;
  readonly name: string;
  readonly inputs: Resource["inputs"];
  readonly existing: string | undefined;
  readonly region: string;
}

type Inputs = {
  readonly name?: string;
  readonly namePrefix?: string;
  readonly routingConfigurations?: readonly { readonly stateMachineVersionArn: string }[];
};

/** The answers to calls that need no account. */
function answerOf(token: string, inputs: Readonly<Record<string, unknown>>, region: string): object | undefined {
  switch (token) {
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { accountId: ACCOUNT };
    case "aws:index/getRegion:getRegion":
      return { region, name: region, id: region };
    // An account in which each state machine has nine earlier versions.
    case "aws:sfn/getStateMachineVersions:getStateMachineVersions":
      return {
        statemachineVersions: Array.from({ length: 9 }, (_, at) => `${String(inputs["statemachineArn"])}:${9 - at}`),
      };
    case "aws:index/getPartition:getPartition":
      return { partition: "aws", dnsSuffix: "amazonaws.com" };
    case "aws:index/getAvailabilityZones:getAvailabilityZones":
      return { names: ["a", "b", "c"].map((zone) => region + zone), zoneIds: ["az1", "az2", "az3"] };
    case "aws:iam/getPolicyDocument:getPolicyDocument":
      return { json: JSON.stringify(policyDocument(inputs)) };
    default:
      return undefined;
  }
}

interface PolicyDocument {
  readonly version?: string;
  readonly statements?: readonly {
    readonly sid?: string;
    readonly effect?: string;
    readonly actions?: readonly string[];
    readonly notActions?: readonly string[];
    readonly resources?: readonly string[];
    readonly notResources?: readonly string[];
    readonly principals?: readonly { readonly type: string; readonly identifiers: readonly string[] }[];
    readonly conditions?: readonly {
      readonly test: string;
      readonly variable: string;
      readonly values: readonly string[];
    }[];
  }[];
}

/** A policy document from its statements. The real provider also builds it locally. */
function policyDocument({ version = "2012-10-17", statements = [] }: PolicyDocument): object {
  const Statement = statements.map((each) => {
    const conditions: Record<string, Record<string, readonly string[]>> = {};
    for (const { test, variable, values } of each.conditions ?? []) (conditions[test] ??= {})[variable] = values;
    const principals = (each.principals ?? []).map(({ type, identifiers }) => [type, identifiers] as const);
    return {
      ...(each.sid !== undefined && { Sid: each.sid }),
      Effect: each.effect ?? "Allow",
      ...(each.actions && { Action: each.actions }),
      ...(each.notActions && { NotAction: each.notActions }),
      ...(each.resources && { Resource: each.resources }),
      ...(each.notResources && { NotResource: each.notResources }),
      ...(principals.length > 0 && { Principal: Object.fromEntries(principals) }),
      ...(each.conditions && { Condition: conditions }),
    };
  });
  return { Version: version, Statement };
}

/**
 * A version number that changes with the published content, and only then: AWS publishes no new version without a
 * change.
 */
async function versionOf({ code, ...inputs }: Resource["inputs"]): Promise<number> {
  const assets = await (code as { assets?: Promise<Record<string, { text?: Promise<string> }>> } | undefined)?.assets;
  const files = Object.entries(assets ?? {}).map(async ([path, { text }]) => [path, await text]);
  const digests = code === undefined ? [] : await digestsOf(code as Asset);
  const content = [inputs, await Promise.all(files), ...(digests.length > 0 ? [digests] : [])];
  const hash = createHash("sha256").update(JSON.stringify(content));
  return 1 + hash.digest().readUIntBE(0, 3);
}

function identify({ type, name, inputs, existing, region }: Identity): { arn?: string; physicalName: string } {
  const { name: given, namePrefix, routingConfigurations: [route] = [] } = inputs as Inputs;
  const suffix = createHash("sha256").update(`${type}\0${name}`).digest("hex").slice(0, 7);
  // A program reads an existing resource by its name, its ARN or its URL.
  const read = existing !== undefined && /^(arn|https):/.test(existing) ? existing.split(/[/:]/).at(-1) : existing;
  const physicalName = read ?? given ?? `${namePrefix ?? `${name}-`}${suffix}`;
  if (existing?.startsWith("arn:")) return { physicalName, arn: existing };
  // The ARN of an alias is the state machine's ARN and the alias's name.
  if (route) return { physicalName, arn: route.stateMachineVersionArn.replace(/[^:]*$/, physicalName) };
  const spell = ARNS[type];
  if (spell) return { physicalName, arn: spell(physicalName, `${region}:${ACCOUNT}`) };
  const [, service, kind] = /^aws:(\w+)\/(\w+):/.exec(type) ?? [];
  // A resource of another service gets a generic ARN, unless it is only a part of another resource.
  if (service === undefined || "arn" in inputs || PARTS.test(type)) return { physicalName };
  return { physicalName, arn: `arn:aws:${service}:${region}:${ACCOUNT}:${kind as string}/${physicalName}` };
}

/** The services that sagas are made of. Their resources without an entry in `ARNS` have no ARN here. */
const PARTS = /^aws:(iam|lambda|cloudwatch|appautoscaling|sfn|sqs|sns|dynamodb|kms)\//;

type Spell = (name: string, place: string) => string;

const ARNS: Readonly<Record<string, Spell>> = {
  "aws:dynamodb/table:Table": (name, place) => `arn:aws:dynamodb:${place}:table/${name}`,
  "aws:lambda/function:Function": (name, place) => `arn:aws:lambda:${place}:function:${name}`,
  "aws:sfn/stateMachine:StateMachine": (name, place) => `arn:aws:states:${place}:stateMachine:${name}`,
  "aws:cloudwatch/logGroup:LogGroup": (name, place) => `arn:aws:logs:${place}:log-group:${name}`,
  "aws:kms/key:Key": (name, place) => `arn:aws:kms:${place}:key/${name}`,
  "aws:sns/topic:Topic": (name, place) => `arn:aws:sns:${place}:${name}`,
  "aws:sqs/queue:Queue": (name, place) => `arn:aws:sqs:${place}:${name}`,
  "aws:cloudwatch/eventRule:EventRule": (name, place) => `arn:aws:events:${place}:rule/${name}`,
  "aws:cloudwatch/eventBus:EventBus": (name, place) => `arn:aws:events:${place}:event-bus/${name}`,
  "aws:secretsmanager/secret:Secret": (name, place) => `arn:aws:secretsmanager:${place}:secret:${name}-AbCdEf`,
  "aws:ssm/parameter:Parameter": (name, place) => `arn:aws:ssm:${place}:parameter/${name.replace(/^\//, "")}`,
  "aws:s3/bucket:Bucket": (name) => `arn:aws:s3:::${name}`,
  "aws:s3/bucketV2:BucketV2": (name) => `arn:aws:s3:::${name}`,
  "aws:ses/emailIdentity:EmailIdentity": (name, place) => `arn:aws:ses:${place}:identity/${name}`,
  "aws:ses/domainIdentity:DomainIdentity": (name, place) => `arn:aws:ses:${place}:identity/${name}`,
  "aws:sesv2/emailIdentity:EmailIdentity": (name, place) => `arn:aws:ses:${place}:identity/${name}`,
  "aws:kinesis/stream:Stream": (name, place) => `arn:aws:kinesis:${place}:stream/${name}`,
  "aws:iam/policy:Policy": (name) => `arn:aws:iam::${ACCOUNT}:policy/${name}`,
  "aws:iam/role:Role": (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
};
