import { examine } from "./examined";
import { legible, paint, printJson } from "./print";
import { placeOf } from "./target";
import type { Values } from "./options";

/** `saga logs`: prints what an execution's functions logged while it ran. */
export async function logs(named: string | undefined, values: Values): Promise<number> {
  const place = await placeOf(values);
  const { arn = "", story, definition } = await examine(place, named, values);
  const [{ logsOf }, { asked }] = await Promise.all([import("../control/logs"), import("../control/machines")]);
  const { started, ended } = story;
  const lines = await asked(place.target, async () =>
    logsOf(await place.target.logs(), {
      arn,
      definition,
      started: new Date(started),
      stopped: ended === undefined ? undefined : new Date(ended),
    }),
  );
  if (values.json === true) {
    printJson(lines);
    return 0;
  }
  if (lines.length === 0) process.stdout.write(`no function of ${arn.replace(/^.*:/, "")} has logged anything\n`);
  for (const { function: name, at, line } of lines) {
    const when = at.toISOString().slice(11, 23);
    process.stdout.write(`${paint("dim", when)}  ${paint("cyan", legible(shortNameOf(name)))}  ${legible(line)}\n`);
  }
  return 0;
}

/** A function's name without Pulumi's suffix. */
const shortNameOf = (name: string): string => name.replace(/-[0-9a-f]{7}$/, "");
