import type { Program, Resource } from "../../saga/local/program";

export interface BareOptions {
  /** Whether the program imports the whole AWS package, as most do, or each service. */
  readonly imports: "whole package" | "by service";
  /** Whether the functions are prebuilt, or serialised by Pulumi from the handlers. */
  readonly functions: "prebuilt" | "callbacks";
}

/** The file of each task's handler. */
const MODULES: Readonly<Record<string, string>> = {
  createOrder: "order",
  deleteOrder: "order",
  processPayment: "payment",
  refundPayment: "payment",
  processShipment: "shipment",
  cancelShipment: "shipment",
};

/**
 * The source of a program that registers the given resources without this package: it contains the text of policies and
 * definitions, and passes outputs to inputs. Without this package, somebody would have to write such a program by hand.
 */
export function bareProgram({ resources }: Program, { imports, functions }: BareOptions): string {
  const custom = resources.filter(({ physicalName }) => physicalName !== undefined);
  const services = [...new Set(custom.map(serviceOf))];
  const references = referencesOf(custom);
  return [
    `"use strict";`,
    `const pulumi = require("@pulumi/pulumi");`,
    ...(imports === "whole package"
      ? [`const { ${services.join(", ")} } = require("@pulumi/aws");`]
      : services.map((service) => `const ${service} = require("@pulumi/aws/${service}");`)),
    `const code = () => new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.FileAsset("functions/index.js") });`,
    ...custom.map((resource, at) => `const r${at} = ${construct(resource, references, functions)};`),
    "",
  ].join("\n");
}

const serviceOf = ({ type }: Resource): string => (/^aws:(\w+)\//.exec(type) as RegExpExecArray)[1] as string;
const classOf = ({ type }: Resource): string => type.split(":").at(-1) as string;

/** Names and ARNs of resources that occur in the inputs of others, with their expressions. The longest come first. */
type References = readonly (readonly [text: string, expression: string])[];

function referencesOf(resources: readonly Resource[]): References {
  const all = resources.flatMap(({ type, arn, versionArn, physicalName = "" }, at) => {
    const version = type === "aws:lambda/function:Function" ? "qualifiedArn" : "stateMachineVersionArn";
    return [
      [versionArn ?? "", `r${at}.${version}`],
      [arn ?? "", `r${at}.arn`],
      [physicalName, type === "aws:sqs/queue:Queue" ? `r${at}.id` : `r${at}.name`],
    ] as const;
  });
  // A name with seven digits of a hash does not occur by chance.
  const found = all.filter(([text]) => /[0-9a-f]{7}(?::\w+)?$/.test(text));
  return [...found].sort(([a], [b]) => b.length - a.length);
}

function construct(resource: Resource, references: References, functions: BareOptions["functions"]): string {
  const { type, name, inputs } = resource;
  const others = Object.fromEntries(
    Object.entries(inputs).filter(([input]) => input !== "code" && input !== "handler"),
  );
  const [, task = ""] = /-(\w+)$/.exec(name) ?? [];
  const module = MODULES[task];
  const fields = (given: object): string =>
    Object.entries(given)
      .map(([field, value]) => `${JSON.stringify(field)}: ${expression(value, references)}`)
      .join(", ");
  if (type !== "aws:lambda/function:Function") {
    return `new ${serviceOf(resource)}.${classOf(resource)}(${JSON.stringify(name)}, { ${fields(inputs)} })`;
  }
  if (functions === "prebuilt" || module === undefined) {
    return `new lambda.Function(${JSON.stringify(name)}, { ${fields({ ...others, handler: `index.${task}` })}, code: code() })`;
  }
  return `new lambda.CallbackFunction(${JSON.stringify(name)}, { ${fields(others)}, callbackFactory: require("./handlers/${module}").${task}.handler })`;
}

/** A value as JavaScript. Names and ARNs of other resources become outputs. */
function expression(value: unknown, references: References): string {
  if (Array.isArray(value)) return `[${value.map((each) => expression(each, references)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(
      ([key, each]) => `${JSON.stringify(key)}: ${expression(each, references)}`,
    );
    return `{ ${entries.join(", ")} }`;
  }
  if (typeof value !== "string") return JSON.stringify(value);
  const parts: string[] = [];
  let outputs = 0;
  for (let rest = value; rest !== "";) {
    const found = references
      .map(([text, of]) => ({ text, of, at: rest.indexOf(text) }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at || b.text.length - a.text.length)[0];
    const text = found ? rest.slice(0, found.at) : rest;
    parts.push(text.replace(/[\\`]|\$\{/g, "\\$&"));
    if (!found) break;
    if (value === found.text) return found.of;
    parts.push(`\${${found.of}}`);
    outputs++;
    rest = rest.slice(found.at + found.text.length);
  }
  return outputs === 0 ? JSON.stringify(value) : `pulumi.interpolate\`${parts.join("")}\``;
}
