import type { Json } from "../interpreter";
import { statusAt } from "../control/story";
import { examine } from "./examined";
import type { Answers } from "./program";
import { legible, printJson } from "./print";
import { progress } from "./progress";
import { jsonOf } from "./show";
import { linesOf } from "./explain";
import { placeOf } from "./target";
import { UsageError } from "./usage-error";
import type { Values } from "./options";

const EXIT = { completed: 0, compensated: 3, stuck: 4, aborted: 1, "timed out": 1, running: 5 } as const;
const EVERY_MS = 500;

/** `saga start` in a service that is already running: `saga dev`, another endpoint, or AWS. */
export async function startThere(
  { saga, input, answers }: { saga: string | undefined; input: Json; answers: Answers },
  values: Values,
): Promise<number> {
  if (Object.keys(answers).length > 0) {
    throw new UsageError(
      "--answer and --fail work only for a run of its own; in a running service, answer with 'approve' or 'reject'",
    );
  }
  if (values.deployed === true && values.stack === undefined) throw new UsageError("--deployed needs --stack NAME");
  const { deployed, stack, ...rest } = values;
  const place = await placeOf(deployed === true && stack !== undefined ? { ...rest, stack } : rest);
  const [{ machineNamed, asked }, { describe }, { StartExecutionCommand }] = await Promise.all([
    import("../control/machines"),
    import("../control/executions"),
    import("@aws-sdk/client-sfn"),
  ]);
  const { startArn } = machineNamed(place.machines, saga);
  const sfn = await place.target.sfn();
  const request = new StartExecutionCommand({ stateMachineArn: startArn, input: JSON.stringify(input) });
  const { executionArn = "" } = await asked(place.target, () => sfn.send(request));
  const json = values.json === true;
  if (!json) process.stdout.write(`${legible(executionArn)}\n`);

  const examined = await progress("s", async (tell) => {
    for (let waited = 0; ; waited += EVERY_MS) {
      const { status } = await describe(place.target, executionArn);
      if (status !== "RUNNING") break;
      tell(Math.round(waited / 1000));
      // A state that waits for an answer may wait for days.
      if (waited > 0 && waited % (4 * EVERY_MS) === 0) {
        const { story } = await examine(place, executionArn, values);
        if (story.path.some((visit) => statusAt(story, visit, Infinity) === "waiting")) break;
      }
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    return examine(place, executionArn, values);
  });
  if (json) printJson(jsonOf(examined));
  else process.stdout.write(`${linesOf(examined).join("\n")}\n`);
  return EXIT[examined.story.outcome];
}
