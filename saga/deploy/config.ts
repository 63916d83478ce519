import * as pulumi from "@pulumi/pulumi";

/** One key of a stack's config: its type, its allowed values, and its default. */
export interface Key<Value> {
  /** The name of the type in `Pulumi.yaml`. */
  readonly type: "boolean" | "integer" | "string";
  readonly default: Value;
  /** The allowed values, in the words of an error. */
  readonly allowed: string;
  /** What the key means: the same sentence in `Pulumi.yaml` and in `docs/configuration.md`. */
  readonly description: string;
  /** The value of the text that Pulumi stores, or undefined if it is not allowed. */
  readonly read: (text: string) => Value | undefined;
}

const flag = (value: boolean, description: string): Key<boolean> => ({
  type: "boolean",
  default: value,
  allowed: "true or false",
  description,
  read: (text) => (text === "true" ? true : text === "false" ? false : undefined),
});

const integer = (value: number, [least, most]: readonly [number, number], description: string): Key<number> => ({
  type: "integer",
  default: value,
  allowed: `a whole number from ${least} to ${most}`,
  description,
  read: (text) =>
    /^(0|-?[1-9]\d{0,8})$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined,
});

const oneOf = <Value extends string | number>(
  type: Key<Value>["type"],
  [first, ...others]: readonly [Value, ...Value[]],
  description: string,
  value = first,
): Key<Value> => ({
  type,
  default: value,
  allowed: `one of ${[first, ...others].join(", ")}`,
  description,
  read: (text) => [first, ...others].find((each) => String(each) === text),
});

const text = (value: string, allowed: string, pattern: RegExp, description: string): Key<string> => ({
  type: "string",
  default: value,
  allowed,
  description,
  read: (given) => (pattern.test(given) ? given : undefined),
});

// The values that CloudWatch Logs accepts.
const DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** Every key of the project's namespace. */
export const SCHEMA = {
  deletionProtection: flag(
    true,
    "Whether the table refuses to be deleted. Set it to false, and deploy, before you destroy a stack.",
  ),
  logRetentionDays: oneOf(
    "integer",
    DAYS,
    "How long CloudWatch keeps the logs of the functions and of the state machine, in days: 1, 3, 5, 7, 14, 30, 60, 90, ...",
    30,
  ),
  logLevel: oneOf(
    "string",
    ["ALL", "ERROR", "FATAL"],
    "Which events of an execution are logged: ALL, ERROR or FATAL. The alarm on stuck executions needs FATAL at least.",
  ),
  logExecutionData: flag(
    false,
    "Whether the logs contain the inputs and outputs of steps, which include card numbers.",
  ),
  alarmEmail: text(
    "none",
    "none, or an e-mail address",
    /^(none|[^\s@]+@[^\s@]+\.[^\s@]+)$/,
    "The e-mail address that gets the alarms, once its owner has confirmed the subscription; or none.",
  ),
  alarms: oneOf(
    "string",
    ["essential", "all", "none"],
    "Which alarms the stack has: essential, those that need a person at once; all, which adds alarms for each function and for slow executions; or none.",
  ),
  slowExecutionMinutes: integer(
    60,
    [1, 525_600],
    "How many minutes an execution may take before an alarm reports it as slow.",
  ),
  workflowType: oneOf(
    "string",
    ["STANDARD", "EXPRESS"],
    "STANDARD; or EXPRESS, only for sagas that consist of queries and end within 5 minutes.",
  ),
  onAbort: oneOf(
    "string",
    ["recover", "ignore"],
    "What happens to an execution that somebody stops: recover runs its undos or, after its pivot, redrives it; ignore leaves it unchanged.",
  ),
  trafficPercent: integer(
    100,
    [0, 100],
    "The percentage of new executions that run the version deployed now; the others run previousVersion.",
  ),
  previousVersion: integer(
    0,
    [0, 999_999_999],
    "The version of the state machine that runs the other executions while trafficPercent is below 100; or 0.",
  ),
  functionMemory: integer(
    256,
    [128, 10_240],
    "The memory of each function, in MB. Its share of a CPU grows with the memory. Some accounts allow 3,008 MB at most.",
  ),
  functionArchitecture: oneOf(
    "string",
    ["arm64", "x86_64"],
    "The processor architecture of the functions: arm64, which is cheaper, or x86_64.",
  ),
  reservedConcurrency: integer(
    0,
    [0, 10_000],
    "How many calls of each function may run at once, reserved for this function; or 0, to reserve none. The sum for all functions, and 100 more, must fit into the account's concurrency.",
  ),
  tableBilling: oneOf(
    "string",
    ["on-demand", "provisioned"],
    "How AWS bills the table: on-demand, per request; or provisioned, per hour, with auto scaling from tableMinUnits to tableMaxUnits.",
  ),
  tableMinUnits: integer(
    0,
    [0, 40_000],
    "The minimum capacity of a provisioned table, in units, for reads and for writes; or 0, on demand.",
  ),
  tableMaxUnits: integer(
    0,
    [-1, 40_000],
    "The maximum capacity of the table, in units, for reads and for writes. On demand, 0 sets no maximum, and -1 lifts one that was set.",
  ),
  kmsKey: text(
    "aws-owned",
    "aws-owned, create, or the ARN of a KMS key",
    /^(aws-owned|create|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+)$/,
    "The key that encrypts the table, the logs and the executions: aws-owned, create for a key of the stack's own, or a key's ARN.",
  ),
} as const;

type Schema = typeof SCHEMA;

/** A stack's config, complete: each key has its value or its default. */
export type Config = { readonly [Name in keyof Schema]: Schema[Name] extends Key<infer Value> ? Value : never };

/** The defaults. */
export const DEFAULTS = Object.fromEntries(
  Object.entries(SCHEMA).map(([name, { default: value }]) => [name, value]),
) as Config;

/**
 * Reads and checks the stack's config. Pass the result to `sagaTable` and `SagaStateMachine`.
 * @param own Keys that the program reads itself. Any other unknown key is refused.
 * @throws RunError that names every invalid or unknown key, its value, and the allowed values
 */
export function readConfig({ own = [] }: { readonly own?: readonly string[] } = {}): Config {
  const given = new pulumi.Config();
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, key] of Object.entries<Key<unknown>>(SCHEMA)) {
    const set = given.get(name);
    values[name] = set === undefined ? key.default : key.read(set);
    if (values[name] === undefined) faults.push(`${given.name}:${name} is ${JSON.stringify(set)}: use ${key.allowed}`);
  }
  const prefix = `${given.name}:`;
  for (const full of Object.keys(pulumi.runtime.allConfig())) {
    // The path of a nested value, such as a list, has its key before a dot or a bracket.
    const [key = ""] = full.slice(prefix.length).split(/[.[]/);
    if (full.startsWith(prefix) && !(key in SCHEMA) && !own.includes(key)) faults.push(noSuchKey(full));
  }
  // Keys are compared with each other only if each is valid by itself.
  const region = new pulumi.Config("aws").get("region");
  const misfits = faults.length === 0 ? misfitsOf(values as Config, region).map((misfit) => `${prefix}${misfit}`) : [];
  const all = [...faults, ...misfits];
  if (all.length > 0) throw new pulumi.RunError(`the stack's config can't be used\n${listed(all)}`);
  return Object.freeze(values) as Config;
}

/**
 * The complete settings of a component, with defaults for those that are undefined.
 * @throws RunError that names each invalid setting, its value, and the allowed values
 */
export function complete(name: string, given: Partial<Config>): Config {
  const set = Object.entries(given).filter(([, value]) => (value as unknown) !== undefined);
  const settings = { ...DEFAULTS, ...(Object.fromEntries(set) as Partial<Config>) };
  const keys = new Map<string, Key<unknown>>(Object.entries(SCHEMA));
  const faults = set.flatMap(([key, value]) => {
    const setting = keys.get(key);
    if (!setting) return [noSuchKey(key)];
    return setting.read(String(value)) === value ? [] : [`${key} is ${JSON.stringify(value)}: use ${setting.allowed}`];
  });
  const all = faults.length > 0 ? faults : misfitsOf(settings);
  if (all.length > 0) throw new pulumi.RunError(`'${name}' can't be deployed\n${listed(all)}`);
  return settings;
}

const noSuchKey = (key: string): string => `${key}: there is no such key; there are ${Object.keys(SCHEMA).join(", ")}`;
const listed = (faults: readonly string[]): string => faults.map((each) => `  ${each}`).join("\n");

/** The contradictions between keys that are each valid by themselves. */
function misfitsOf(config: Config, region?: string): readonly string[] {
  const { tableBilling, tableMinUnits, tableMaxUnits, trafficPercent, previousVersion, kmsKey } = config;
  const misfits: string[] = [];
  if (tableBilling === "on-demand" && tableMinUnits > 0) {
    misfits.push(
      `tableMinUnits is ${tableMinUnits}, and a table on demand has no minimum: use 0, or tableBilling provisioned`,
    );
  }
  if (tableBilling === "provisioned" && (tableMinUnits === 0 || tableMaxUnits < tableMinUnits)) {
    misfits.push(
      `tableMinUnits is ${tableMinUnits} and tableMaxUnits is ${tableMaxUnits}: a provisioned table wants a minimum of 1 or more, and a maximum not below it`,
    );
  }
  if (trafficPercent < 100 !== previousVersion > 0) {
    misfits.push(
      `trafficPercent is ${trafficPercent} and previousVersion is ${previousVersion}: set both to shift executions gradually, or neither`,
    );
  }
  const [, , , ofKey] = kmsKey.split(":");
  if (region !== undefined && ofKey !== undefined && ofKey !== region) {
    misfits.push(`kmsKey is a key in ${ofKey}, and aws:region is ${region}: use a key of the stack's region`);
  }
  return misfits;
}
