import type { Json } from "../../interpreter/json";
import { fieldsOf, type Found, listOf, textOf, UnreadError } from "./found";
import type { Path, Source } from "./source";
import { definitionIn } from "./text";

const TYPE = "aws_sfn_state_machine";

/** Whether it is the output of `terraform show -json`, for a state or a plan, or a state file. */
export const isTerraform = (value: Json): boolean => {
  const { terraform_version, values, planned_values, resources } = fieldsOf(value);
  return terraform_version !== undefined && (values ?? planned_values ?? resources) !== undefined;
};

/** The state machines that Terraform has made, or is about to make. */
export function machinesInTerraform(source: Source): readonly Found[] {
  const { values, planned_values, resources, resource_changes } = fieldsOf(source.value);
  if (resources !== undefined) return inStateFile(source, listOf(resources));
  const [key, root] =
    planned_values === undefined ? (["values", values] as const) : (["planned_values", planned_values] as const);
  const unknown = new Set(
    listOf(resource_changes).flatMap((each) => (isUnknown(each) ? [textOf(fieldsOf(each)["address"])] : [])),
  );
  return inModule(source, fieldsOf(root)["root_module"] ?? null, { at: [key, "root_module"], unknown });
}

/** Whether a plan says that a machine's definition is known only after the plan is applied. */
const isUnknown = (change: Json): boolean =>
  fieldsOf(fieldsOf(fieldsOf(change)["change"])["after_unknown"])["definition"] === true;

function inModule(
  source: Source,
  module: Json,
  around: { readonly at: Path; readonly unknown: ReadonlySet<string | undefined> },
): readonly Found[] {
  const { at, unknown } = around;
  const { resources, child_modules } = fieldsOf(module);
  const own = listOf(resources).flatMap((resource, index) => {
    const { address, type, name, mode } = fieldsOf(resource);
    if (type !== TYPE || mode === "data") return [];
    const base = [...at, "resources", index, "values"];
    const attributes = fieldsOf(fieldsOf(resource)["values"]);
    const known = unknown.has(textOf(address)) ? { ...attributes, definition: undefined } : attributes;
    return [
      machine(source, {
        name: textOf(name) ?? "",
        address: textOf(address),
        attributes: known as typeof attributes,
        at: base,
      }),
    ];
  });
  const inner = listOf(child_modules).flatMap((each, index) =>
    inModule(source, each, { ...around, at: [...at, "child_modules", index] }),
  );
  return [...own, ...inner];
}

function inStateFile(source: Source, resources: readonly Json[]): readonly Found[] {
  return resources.flatMap((resource, at) => {
    const { type, name, mode, module, instances } = fieldsOf(resource);
    if (type !== TYPE || mode === "data") return [];
    return listOf(instances).map((instance, index) => {
      const { index_key: key, attributes } = fieldsOf(instance);
      const prefix = typeof module === "string" ? `${module}.` : "";
      const suffix = key === undefined ? "" : `[${JSON.stringify(key)}]`;
      return machine(source, {
        name: textOf(name) ?? "",
        address: `${prefix}${TYPE}.${textOf(name) ?? ""}${suffix}`,
        attributes: fieldsOf(attributes),
        at: ["resources", at, "instances", index, "attributes"],
      });
    });
  });
}

interface Resource {
  readonly name: string;
  readonly address: string | undefined;
  readonly attributes: Readonly<Record<string, Json>>;
  readonly at: Path;
}

function machine(source: Source, { name, address, attributes, at }: Resource): Found {
  const aliases = [address, textOf(attributes["name"])].filter((each) => each !== undefined);
  const place = source.place([...at, "definition"]);
  try {
    const { definition } = attributes;
    if (definition === undefined || definition === null) {
      throw new UnreadError(
        "has a definition that is known only after the plan is applied, since it names resources that are still to be created: apply the plan, and give the output of terraform show -json for the state",
      );
    }
    return { name, aliases, definition: definitionIn(definition), place: () => place };
  } catch (error) {
    if (error instanceof UnreadError) return { name, aliases, unread: error.message };
    throw error;
  }
}
