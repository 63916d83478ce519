import type { Result } from "./definition";
import type { Fields } from "./fields";
import { isObject } from "./json";

const VARIABLE_NAME = /^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u;

/** Assign and Output of a state, a Catcher or a Choice Rule. */
export function readResult(fields: Fields): Result {
  const assigned = fields.json("Assign");
  if (assigned !== undefined) {
    if (!isObject(assigned)) fields.refuse("Assign", "Expected an object");
    for (const name of Object.keys(assigned)) {
      if (name === "states" || !VARIABLE_NAME.test(name)) {
        fields.refuse("Assign", `'${name}' is not a valid variable name`);
      }
    }
  }
  const assign = fields.template("Assign");
  const output = fields.template("Output");
  return { ...(assign && { assign }), ...(output && { output }) };
}
