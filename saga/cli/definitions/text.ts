import type { Json } from "../../interpreter/json";
import { UnreadError } from "./found";

/**
 * A definition that a file has as text.
 * @throws UnreadError
 */
export function definitionIn(text: Json): Json {
  if (typeof text !== "string") return text;
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const [reference] = /\$\{[^}]*\}/.exec(text) ?? [];
    const hint =
      reference === undefined
        ? ""
        : `; if ${reference} is the reason, give its value: as a parameter's Default, or in DefinitionSubstitutions`;
    throw new UnreadError(`has a definition that is not JSON: ${(error as Error).message}${hint}`);
  }
}
