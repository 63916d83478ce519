import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

const ROOT = join(__dirname, "../..");
const REGION = "eu-west-1";
const ACCOUNT = "000000000000";

/** A resource as the Pulumi program registered it. */
export interface Resource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Absent for components, which are no resources of AWS, as is the ARN for what has none. */
  readonly physicalName?: string;
  readonly arn?: string;
  /** With the version of what publishes any. */
  readonly versionArn?: string;
}

/** What the Pulumi program says: every resource, in the order of registration, and the stack's outputs. */
export interface Program {
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

/**
 * Evaluates the Pulumi program with neither CLI nor account. Physical names end as Pulumi's own do, but in a hash
 * of the logical name, so that they are the same at each run.
 *
 * @param config Values in place of the defaults in `Pulumi.yaml`.
 * @param path The program's module.
 */
export async function evaluateProgram(config: Readonly<Record<string, string>> = {}, path = ROOT): Promise<Program> {
  const project = parse(readFileSync(join(ROOT, "Pulumi.yaml"), "utf8")) as ProjectFile;
  const defaults = Object.entries(project.config).map(([key, { default: value }]) => [key, String(value)] as const);
  const resources: Resource[] = [];

  const mocks: pulumi.runtime.Mocks = {
    newResource: async ({ type, name, custom, inputs: untyped }) => {
      const inputs = withoutMarks(untyped) as Resource["inputs"];
      if (resources.some((other) => other.type === type && other.name === name)) {
        throw new Error(`the program registers two resources of type ${type} that are called '${name}'`);
      }
      const at = resources.length;
      resources.push({ type, name, inputs });
      if (!custom) return { id: undefined, state: {} };
      const { physicalName, arn } = identify(type, name, inputs);
      const published = inputs["publish"] === true ? { versionArn: `${arn}:${await versionOf(inputs)}` } : {};
      resources[at] = { type, name, inputs, physicalName, ...(arn !== undefined && { arn }), ...published };
      // Of a function and of a state machine, in this order.
      const versions = { qualifiedArn: published.versionArn, stateMachineVersionArn: published.versionArn };
      return { id: physicalName, state: { ...inputs, arn, name: physicalName, ...versions } };
    },
    call: ({ token, inputs }) => {
      const answer = ANSWERS[token]?.(inputs as Readonly<Record<string, string>>);
      if (!answer) throw new Error(`the program calls ${token}, which needs an account`);
      return answer;
    },
  };
  await pulumi.runtime.setMocks(mocks, project.name, "local", false);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      [...defaults, ...Object.entries(config)].map(([key, value]) => [`${project.name}:${key}`, value] as const),
    ),
  );
  // Pulumi takes a stack trace for each promise that it makes, and source maps make these dear.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 1;
  // The program is a module: its resources are made as it loads, so it must load once the mocks are there, each time.
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
  delete require.cache[require.resolve(path)];
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const outputs = pulumi.output(require(path) as Record<string, unknown>);
    const values = await new Promise<Record<string, unknown>>((resolve) => outputs.apply(resolve));
    await pulumi.runtime.disconnect();
    return { resources, outputs: values };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

interface ProjectFile {
  readonly name: string;
  readonly config: Readonly<Record<string, { readonly default: unknown }>>;
}

/** How Pulumi marks a secret on its way to the engine: `{ [MARK]: SECRET, value }`. */
const MARK = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** What a resource is given, its secrets as they are: they go no further than this process. */
function withoutMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMarks);
  // An archive is no plain object, and has no secrets.
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const given = value as Readonly<Record<string, unknown>>;
  if (given[MARK] === SECRET) return withoutMarks(given["value"]);
  return Object.fromEntries(Object.entries(given).map(([key, each]) => [key, withoutMarks(each)]));
}

type Inputs = {
  readonly name?: string;
  readonly namePrefix?: string;
  readonly routingConfigurations?: readonly { readonly stateMachineVersionArn: string }[];
};

/** What the program may ask of the account: one in which each state machine has been deployed nine times before. */
const ANSWERS: Readonly<Record<string, (inputs: Readonly<Record<string, string>>) => object>> = {
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({ accountId: ACCOUNT }),
  "aws:index/getRegion:getRegion": () => ({ region: REGION }),
  "aws:index/getPartition:getPartition": () => ({ partition: "aws" }),
  "aws:sfn/getStateMachineVersions:getStateMachineVersions": ({ statemachineArn }) => ({
    statemachineVersions: Array.from({ length: 9 }, (_, at) => `${statemachineArn}:${9 - at}`),
  }),
};

/** A number that changes with what is published, and with nothing else: AWS makes no version where nothing changed. */
async function versionOf({ code, ...inputs }: Resource["inputs"]): Promise<number> {
  const assets = await (code as { assets?: Promise<Record<string, { text?: Promise<string> }>> } | undefined)?.assets;
  const files = Object.entries(assets ?? {}).map(async ([path, { text }]) => [path, await text]);
  const hash = createHash("sha256").update(JSON.stringify([inputs, await Promise.all(files)]));
  return 1 + hash.digest().readUIntBE(0, 3);
}

function identify(
  type: string,
  name: string,
  { name: given, namePrefix, routingConfigurations: [route] = [] }: Inputs,
): { arn?: string; physicalName: string } {
  const suffix = createHash("sha256").update(`${type}\0${name}`).digest("hex").slice(0, 7);
  const physicalName = given ?? `${namePrefix ?? `${name}-`}${suffix}`;
  // An alias of a state machine is named beneath it.
  if (route) return { physicalName, arn: route.stateMachineVersionArn.replace(/[^:]*$/, physicalName) };
  const spell = ARNS[type];
  return { physicalName, ...(spell && { arn: spell(physicalName) }) };
}

const ARNS: Readonly<Record<string, (name: string) => string>> = {
  "aws:dynamodb/table:Table": (name) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`,
  "aws:lambda/function:Function": (name) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`,
  "aws:sfn/stateMachine:StateMachine": (name) => `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${name}`,
  "aws:cloudwatch/logGroup:LogGroup": (name) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}`,
  "aws:kms/key:Key": (name) => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${name}`,
  "aws:sns/topic:Topic": (name) => `arn:aws:sns:${REGION}:${ACCOUNT}:${name}`,
  "aws:sqs/queue:Queue": (name) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`,
  "aws:cloudwatch/eventRule:EventRule": (name) => `arn:aws:events:${REGION}:${ACCOUNT}:rule/${name}`,
  "aws:iam/policy:Policy": (name) => `arn:aws:iam::${ACCOUNT}:policy/${name}`,
  "aws:iam/role:Role": (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
};
