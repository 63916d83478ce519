import { isDeepStrictEqual } from "node:util";
import type { Machine } from "../control/machines";
import type { Json } from "../interpreter";
import { isObject } from "../interpreter/json";
import { statusAt } from "../control/story";
import { examine } from "./examined";
import { NotPossible } from "./not-possible";
import { commandName } from "./paths";
import { type Answers, checkInput } from "./program";
import { legible, printJson, printNote } from "./print";
import { progress } from "./progress";
import { jsonOf } from "./show";
import { linesOf } from "./explain";
import { type Place, placeOf } from "./target";
import { UsageError } from "./usage-error";
import type { Values } from "./options";

const EXIT = { completed: 0, compensated: 3, stuck: 4, aborted: 1, "timed out": 1, running: 5 } as const;
const EVERY_MS = 500;

interface Started {
  readonly saga: string | undefined;
  readonly input: Json;
  /** The name of the execution. Default: a random one. */
  readonly name: string | undefined;
  readonly answers: Answers;
}

/** `saga start` in a service that is already running: `saga dev`, another endpoint, or AWS. */
export async function startThere({ saga, input, name, answers }: Started, values: Values): Promise<number> {
  if (Object.keys(answers).length > 0) {
    throw new UsageError(
      "--answer and --fail work only for a run of its own; in a running service, answer with 'approve' or 'reject'",
    );
  }
  if (values.deployed === true && values.stack === undefined) throw new UsageError("--deployed needs --stack NAME");
  const { deployed, stack, ...rest } = values;
  const place = await placeOf(deployed === true && stack !== undefined ? { ...rest, stack } : rest);
  const [{ machineNamed }, { describe }] = await Promise.all([
    import("../control/machines"),
    import("../control/executions"),
  ]);
  const machine = machineNamed(place.machines, saga);
  if (!isObject(input)) await checkInputThere(place, machine, input);
  const executionArn = await startOnce(place, machine, { input, name });
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

/** Refuses an input that is no object, if the machine is that of a saga: only then the type of its input is known. */
async function checkInputThere({ target }: Place, { arn }: Machine, input: Json): Promise<void> {
  const [{ asked, readDefinitionText }, { DescribeStateMachineCommand }] = await Promise.all([
    import("../control/machines"),
    import("@aws-sdk/client-sfn"),
  ]);
  const sfn = await target.sfn();
  const { definition } = await asked(target, () => sfn.send(new DescribeStateMachineCommand({ stateMachineArn: arn })));
  const { note } = readDefinitionText(definition);
  if (note.saga !== undefined) checkInput(note.saga, input);
}

/**
 * Starts an execution. If one with the name and the input has ended, nothing is started, as StartExecution does while it
 * runs.
 * @returns Its ARN.
 */
async function startOnce(
  { target }: Place,
  { arn, startArn }: Machine,
  { input, name }: Pick<Started, "input" | "name">,
): Promise<string> {
  const [{ asked }, { describe }, { StartExecutionCommand }] = await Promise.all([
    import("../control/machines"),
    import("../control/executions"),
    import("@aws-sdk/client-sfn"),
  ]);
  const sfn = await target.sfn();
  const request = new StartExecutionCommand({ stateMachineArn: startArn, name, input: JSON.stringify(input) });
  try {
    const { executionArn = "" } = await asked(target, () => sfn.send(request));
    return executionArn;
  } catch (error) {
    if ((error as Error).name !== "ExecutionAlreadyExists" || name === undefined) throw error;
    const executionArn = `${arn.replace(":stateMachine:", ":execution:")}:${name}`;
    const { input: earlier = "null" } = await describe(target, executionArn);
    if (!isDeepStrictEqual(JSON.parse(earlier), input)) {
      throw new NotPossible(
        `there is an execution '${name}' with another input: choose another name, or see it with ${commandName()} ${["explain", name, target.options].filter((part) => part !== "").join(" ")}`,
      );
    }
    printNote(`the execution '${name}' has already been started with this input: nothing is started`);
    return executionArn;
  }
}
