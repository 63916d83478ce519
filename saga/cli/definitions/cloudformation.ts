import { dirname, join } from "node:path";
import type { Json } from "../../interpreter/json";
import { UsageError } from "../usage-error";
import { fieldsOf, type Found, listOf, textOf, UnreadError } from "./found";
import { resolve, substituted, type Template, templateOf } from "./intrinsics";
import { type Path, type Place, placesInText, readSource, type Source } from "./source";
import { definitionIn } from "./text";

const TYPES: ReadonlySet<unknown> = new Set(["AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine"]);

export const isTemplate = (value: Json): boolean =>
  Object.values(fieldsOf(fieldsOf(value)["Resources"])).some((resource) =>
    textOf(fieldsOf(resource)["Type"])?.includes("::"),
  );

/** The state machines of a template of CloudFormation, SAM or CDK. */
export async function machinesInTemplate(source: Source): Promise<readonly Found[]> {
  const template = templateOf(source.value);
  const resources = Object.entries(template.resources).filter(([, resource]) => TYPES.has(fieldsOf(resource)["Type"]));
  const constructs = resources.map(([, resource]) => constructOf(resource));
  return Promise.all(
    resources.map(async ([logicalId, resource], at): Promise<Found> => {
      const construct = constructs[at];
      const unique = construct !== undefined && constructs.filter((each) => each === construct).length === 1;
      const physical = textOf(
        fieldsOf(fieldsOf(resource)["Properties"])["StateMachineName"] ??
          fieldsOf(fieldsOf(resource)["Properties"])["Name"],
      );
      const name = unique ? construct : logicalId;
      const aliases = [logicalId, ...(physical === undefined ? [] : [physical])];
      try {
        return { name, aliases, ...(await read(source, logicalId, template)) };
      } catch (error) {
        if (error instanceof UnreadError) return { name, aliases, unread: error.message };
        throw error;
      }
    }),
  );
}

/** The name of the CDK construct: `Stack/OrderSaga/Resource` is OrderSaga. */
function constructOf(resource: Json): string | undefined {
  const path = textOf(fieldsOf(fieldsOf(resource)["Metadata"])["aws:cdk:path"]);
  return path
    ?.replace(/\/Resource$/, "")
    .split("/")
    .at(-1);
}

interface Read {
  readonly definition: Json;
  readonly place: (path: Path) => Place;
}

async function read(source: Source, logicalId: string, template: Template): Promise<Read> {
  const at = ["Resources", logicalId, "Properties"];
  const properties = fieldsOf(fieldsOf(template.resources[logicalId])["Properties"]);
  const { Definition, DefinitionString, DefinitionSubstitutions, DefinitionUri, DefinitionS3Location } = properties;
  const substitute = (value: Json): Json => substituted(value, DefinitionSubstitutions, template);
  if (Definition !== undefined) {
    const base = [...at, "Definition"];
    return { definition: substitute(resolve(Definition, template)), place: (path) => source.place([...base, ...path]) };
  }
  if (DefinitionString !== undefined) {
    const base = [...at, "DefinitionString"];
    const { text, path } = written(DefinitionString, base);
    const place = text === undefined ? () => source.place(base) : placesInText(source, path, text);
    return { definition: definitionIn(substitute(resolve(DefinitionString, template))), place };
  }
  const uri = DefinitionUri ?? DefinitionS3Location;
  if (uri === undefined) throw new UnreadError("has no Definition, DefinitionString or DefinitionUri");
  if (typeof uri !== "string" || /^(s3|https?):/.test(uri)) {
    throw new UnreadError("is in S3: give the file of the definition itself");
  }
  const file = source.file === "-" ? uri : join(dirname(source.file), uri);
  try {
    const definition = await readSource(file);
    return { definition: substitute(definition.value), place: definition.place };
  } catch (error) {
    if (error instanceof UsageError) throw new UnreadError(`is in '${uri}': ${error.message}`);
    throw error;
  }
}

/** The text of a definition in the template, before references are replaced; undefined if it is not one string. */
function written(value: Json, path: Path): { readonly text?: string | undefined; readonly path: Path } {
  if (typeof value === "string") return { text: value, path };
  const sub = fieldsOf(value)["Fn::Sub"];
  if (typeof sub === "string") return { text: sub, path: [...path, "Fn::Sub"] };
  return { text: textOf(listOf(sub)[0]), path: [...path, "Fn::Sub", 0] };
}
