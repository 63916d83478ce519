import type { Json } from "../interpreter";
import { isObject } from "../interpreter/json";
import { InvocationError } from "../local/lambda/errors";
import { FUNCTION, ofType } from "../local/resources";
import { type LoadedProgram, withCloud } from "./program";
import { printError, printJson } from "./print";
import { UsageError } from "./usage-error";

/** `saga invoke`: runs one function alone, by the name of its task or by its own name. */
export function invoke(loaded: LoadedProgram, name: string, payload: Json): Promise<number> {
  const onLog = (line: string): void => {
    printError(line);
  };
  return withCloud(loaded, { onLog }, async (cloud) => {
    const byOwnName = ofType(loaded.program, FUNCTION).find((each) => each.name === name)?.arn;
    const run = cloud.functions.get(name) ?? (byOwnName === undefined ? undefined : cloud.functionAt(byOwnName));
    if (!run)
      throw new UsageError(`no function '${name}'; the functions are ${[...cloud.functions.keys()].sort().join(", ")}`);
    try {
      printJson((await run.invoke(identified(payload, name))).payload);
      return 0;
    } catch (error) {
      if (!(error instanceof InvocationError)) throw error;
      printError(error.message);
      return 1;
    }
  });
}

/** A function needs a saga's identity. A payload without one gets one. */
function identified(payload: Json, name: string): Json {
  return isObject(payload) ? { saga: { id: "by-hand", step: name }, ...payload } : payload;
}
