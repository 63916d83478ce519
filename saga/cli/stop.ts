import { examine } from "./examined";
import { legible, paint, printJson } from "./print";
import { ledgerLines } from "./print-story";
import { placeOf } from "./target";
import { NotPossible } from "./not-possible";
import { UsageError } from "./usage-error";
import type { Values } from "./options";

/** `saga stop`: stops an execution. Its recovery undoes it (S12). */
export async function stop(named: string | undefined, values: Values): Promise<number> {
  if (named === undefined) throw new UsageError("'stop' needs the ARN or the name of an execution");
  const place = await placeOf(values);
  const { arn = "", saga, story, ledger, definition } = await examine(place, named, values);
  const json = values.json === true;
  const title = `${saga} ${arn.replace(/^.*:/, "")}`;
  if (story.outcome !== "running") {
    throw new NotPossible(`${title} has ended already: ${story.outcome}`);
  }
  if (!json) {
    process.stdout.write(`${paint("bold", legible(`stops ${title}`))}\n  ${legible(arn)}\n`);
    if (ledger.length > 0) process.stdout.write(`  effects\n${ledgerLines(ledger).join("\n")}\n`);
  }
  const [{ StopExecutionCommand }, { asked }, { noteIn }] = await Promise.all([
    import("@aws-sdk/client-sfn"),
    import("../control/machines"),
    import("../asl/machine-note"),
  ]);
  const sfn = await place.target.sfn();
  const { cause = "stopped with saga stop" } = values;
  const { stopDate } = await asked(place.target, () =>
    sfn.send(new StopExecutionCommand({ executionArn: arn, error: "Stopped", cause })),
  );
  const isRecovered = noteIn(definition).undo !== undefined;
  if (json) printJson({ arn, stopped: stopDate, recovers: isRecovered });
  else {
    const then = isRecovered
      ? "stopped: the stack's recovery undoes it, or redrives it if its pivot has succeeded"
      : "stopped: it has no recovery, so its effects must be undone by hand";
    process.stdout.write(`${then}\n`);
  }
  return 0;
}
