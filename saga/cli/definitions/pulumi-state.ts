import { MACHINE_RESOURCES } from "../../asl/machine-resources";
import type { Json } from "../../interpreter/json";
import { fieldsOf, type Found, listOf, textOf, UnreadError } from "./found";
import type { Source } from "./source";
import { definitionIn } from "./text";

/** Whether it is the output of `pulumi stack export`. */
export const isPulumiState = (value: Json): boolean =>
  Array.isArray(fieldsOf(fieldsOf(value)["deployment"])["resources"]);

/** The state machines of a stack, whichever language its program has. */
export function machinesInPulumiState(source: Source): readonly Found[] {
  const resources = listOf(fieldsOf(fieldsOf(source.value)["deployment"])["resources"]);
  return resources.flatMap((resource, index): readonly Found[] => {
    const { type, urn, inputs, outputs, delete: leaves } = fieldsOf(resource);
    const fields =
      typeof type === "string" && Object.hasOwn(MACHINE_RESOURCES, type) ? MACHINE_RESOURCES[type] : undefined;
    // It has been replaced, and is still to be deleted.
    if (!fields || leaves === true) return [];
    const name = textOf(urn)?.split("::").at(-1) ?? "";
    const physical = textOf(fieldsOf(outputs)["name"]);
    const aliases = physical === undefined ? [] : [physical];
    const all = { ...fieldsOf(inputs), ...fieldsOf(outputs) };
    const field = fields.find((each) => all[each] !== undefined);
    const part = field !== undefined && fieldsOf(outputs)[field] !== undefined ? "outputs" : "inputs";
    const place = source.place(["deployment", "resources", index, part, ...(field === undefined ? [] : [field])]);
    try {
      const definition = definitionIn(plain(field === undefined ? undefined : all[field]));
      return [{ name, aliases, definition, place: () => place }];
    } catch (error) {
      if (error instanceof UnreadError) return [{ name, aliases, unread: error.message }];
      throw error;
    }
  });
}

/** The key with which Pulumi marks a special value, and the mark of a secret. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

function plain(value: Json | undefined): Json {
  if (value === undefined) throw new UnreadError("has no definition in this state");
  const { [SIGNATURE]: signature, plaintext } = fieldsOf(value);
  if (signature !== SECRET) return value;
  if (typeof plaintext !== "string") {
    throw new UnreadError("has a definition that is encrypted: export the stack with --show-secrets");
  }
  return JSON.parse(plaintext) as Json;
}
