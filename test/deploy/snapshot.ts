import type { Program, Resource } from "../../saga/local/program";

/** Inputs by resource, such as `lambda.Function OrderFulfilment-createOrder`. ARNs and physical names are replaced by the names of their resources. */
export type Snapshot = Readonly<Record<string, unknown>>;

/** `aws:lambda/function:Function` → `lambda.Function` */
const short = (type: string): string => type.replace(/^aws:(\w+)\/.*:/, "$1.");
export const keyOf = ({ type, name }: Resource): string => `${short(type)} ${name}`;

/** A program's resources in a readable form, with their references. */
export async function snapshot({ resources }: Program): Promise<Snapshot> {
  const names = resources
    .flatMap((resource): [string | undefined, string][] => [
      [resource.versionArn, `version of ${keyOf(resource)}`],
      [resource.arn, `arn of ${keyOf(resource)}`],
      // A name that the program sets is not a reference.
      [resource.inputs["name"] === undefined ? resource.physicalName : undefined, `name of ${keyOf(resource)}`],
    ])
    .filter((pair): pair is [string, string] => pair[0] !== undefined)
    .sort(([a], [b]) => b.length - a.length);
  const readable = (text: string): unknown => {
    const named = names.reduce((found, [from, to]) => found.replaceAll(from, `<${to}>`), text);
    return /^\{"/.test(named) ? (JSON.parse(named) as unknown) : named;
  };
  const entries = resources.map(async (resource) => {
    const { code, ...inputs } = resource.inputs;
    const text = JSON.stringify({ ...inputs, ...(code !== undefined && { code: await textsOf(code) }) });
    const value = JSON.parse(text, (key, each: unknown) =>
      // A template looks like JSON, but is not.
      typeof each === "string" && key !== "inputTemplate" ? readable(each) : each,
    ) as unknown;
    return [keyOf(resource), value] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** The files of a function's archive. */
export async function textsOf(code: unknown): Promise<Record<string, string>> {
  const { assets } = code as { assets: Promise<Record<string, { text: Promise<string> }>> };
  const texts = Object.entries(await assets).map(async ([path, { text }]) => [path, await text] as const);
  return Object.fromEntries(await Promise.all(texts));
}

type Difference = readonly [before: unknown, after: unknown];

/** Every place where two values differ, down to the leaves. A missing value is undefined. */
export function differences(before: unknown, after: unknown, path = ""): Readonly<Record<string, Difference>> {
  if (JSON.stringify(before) === JSON.stringify(after)) return {};
  if (!isTree(before) || !isTree(after) || Array.isArray(before) !== Array.isArray(after))
    return { [path]: [before, after] };
  // Lists of different lengths are compared as a whole.
  if (Array.isArray(before) && before.length !== (after as unknown as unknown[]).length)
    return { [path]: [before, after] };
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return Object.assign(
    {},
    ...keys.map((key) => differences(before[key], after[key], path === "" ? key : `${path}.${key}`)),
  );
}

const isTree = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
