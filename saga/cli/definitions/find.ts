import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Json } from "../../interpreter/json";
import { callersPath } from "../paths";
import { UsageError } from "../usage-error";
import { isTemplate, machinesInTemplate } from "./cloudformation";
import { fieldsOf, type Found, isRead, textOf, UnreadError } from "./found";
import { isPulumiState, machinesInPulumiState } from "./pulumi-state";
import { readSource, type Source } from "./source";
import { isTerraform, machinesInTerraform } from "./terraform";
import { definitionIn } from "./text";

const TEMPLATE = /\.template\.json$/;

/** Whether the path is CDK's output folder. */
export function isCdkOut(path: string): boolean {
  const folder = callersPath(path);
  return existsSync(folder) && statSync(folder).isDirectory() && templatesIn(folder).length > 0;
}

/** The templates of a cloud assembly, and of its nested assemblies. */
function templatesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name.startsWith("assembly-") ? templatesIn(path) : [];
      return TEMPLATE.test(entry.name) ? [path] : [];
    });
}

/**
 * The state machines in a file or in CDK's output folder: definitions themselves, and those in a template or a state.
 * @throws UsageError
 */
export async function findMachines(path: string): Promise<readonly Found[]> {
  const isFolder = path !== "-" && existsSync(callersPath(path)) && statSync(callersPath(path)).isDirectory();
  const files = isFolder
    ? templatesIn(callersPath(path)).map((file) => join(path, file.slice(callersPath(path).length + 1)))
    : [path];
  if (files.length === 0) {
    throw new UsageError(
      `'${path}' is a folder without a *.template.json: give a file, or the output folder of cdk synth`,
    );
  }
  const found = (await Promise.all(files.map(async (file) => machinesIn(await readSource(file))))).flat();
  return distinctNames(
    found.map((each) => (isRead(each) ? { ...each, definition: withPartition(each.definition) } : each)),
  );
}

/** Replaces an unknown partition in each Resource, such as `arn:${AWS::Partition}:states:::sqs:sendMessage`. */
function withPartition(value: Json): Json {
  if (Array.isArray(value)) return value.map(withPartition);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      if (key !== "Resource" || typeof each !== "string") return [key, withPartition(each)];
      return [key, each.replace(/^arn:\$\{[^}]*\}:/, "arn:aws:")];
    }),
  );
}

async function machinesIn(source: Source): Promise<readonly Found[]> {
  const { value } = source;
  if (isTemplate(value)) return machinesInTemplate(source);
  if (isTerraform(value)) return machinesInTerraform(source);
  if (isPulumiState(value)) return machinesInPulumiState(source);
  return [itself(source)];
}

/** A definition itself, or an answer of DescribeStateMachine. */
function itself(source: Source): Found {
  const { definition, stateMachineArn, name } = fieldsOf(source.value);
  if (typeof definition !== "string" || stateMachineArn === undefined) {
    return { name: nameOf(source.file), aliases: [], definition: source.value, place: source.place };
  }
  const called = { name: textOf(name) ?? nameOf(source.file), aliases: [textOf(stateMachineArn) ?? ""] };
  const place = source.place(["definition"]);
  try {
    return { ...called, definition: definitionIn(definition), place: () => place };
  } catch (error) {
    if (error instanceof UnreadError) return { ...called, unread: error.message };
    throw error;
  }
}

const nameOf = (file: string): string =>
  file === "-" ? "standard input" : basename(file).replace(/(\.asl)?(\.(json|ya?ml))?$/i, "");

/**
 * Gives machines that have the same name, in several templates or modules, a distinct one of their aliases as a name.
 */
function distinctNames(all: readonly Found[]): readonly Found[] {
  const twice = (name: string): boolean => all.filter((each) => each.name === name).length > 1;
  return all.map((each, at) => {
    if (!twice(each.name)) return each;
    const other = each.aliases.find((alias) => all.every((one, index) => index === at || !one.aliases.includes(alias)));
    return other === undefined ? each : { ...each, name: other };
  });
}
