import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

const ROOT = join(__dirname, "..");
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
    newResource: ({ type, name, custom, inputs: untyped }) => {
      const inputs = untyped as Resource["inputs"];
      const identity = custom ? identify(type, name, inputs) : undefined;
      resources.push({ type, name, inputs, ...identity });
      if (!identity) return { id: undefined, state: {} };
      return { id: identity.physicalName, state: { ...inputs, arn: identity.arn, name: identity.physicalName } };
    },
    call: ({ token }) => {
      throw new Error(`the program calls ${token}, which needs an account`);
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

type Inputs = { readonly name?: string; readonly namePrefix?: string };

function identify(
  type: string,
  name: string,
  { name: given, namePrefix }: Inputs,
): { arn?: string; physicalName: string } {
  const suffix = createHash("sha256").update(`${type}\0${name}`).digest("hex").slice(0, 7);
  const physicalName = given ?? `${namePrefix ?? `${name}-`}${suffix}`;
  const spell = ARNS[type];
  return { physicalName, ...(spell && { arn: spell(physicalName) }) };
}

const ARNS: Readonly<Record<string, (name: string) => string>> = {
  "aws:dynamodb/table:Table": (name) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`,
  "aws:lambda/function:Function": (name) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`,
  "aws:sfn/stateMachine:StateMachine": (name) => `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${name}`,
  "aws:cloudwatch/logGroup:LogGroup": (name) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}`,
  "aws:sqs/queue:Queue": (name) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`,
  "aws:cloudwatch/eventRule:EventRule": (name) => `arn:aws:events:${REGION}:${ACCOUNT}:rule/${name}`,
  "aws:iam/role:Role": (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
};
