import { questionOf, statusAt, triesOf } from "../control/story";
import { examine } from "./examined";
import { readJson } from "./input";
import { beginningOf, legible, paint, printJson, wrap } from "./print";
import { type Place, placeOf } from "./target";
import { NotPossible } from "./not-possible";
import { UsageError } from "./usage-error";
import type { Values } from "./options";

/** The answer to a state that waits for one. */
type Answer = { readonly output: unknown } | { readonly error: string; readonly cause: string };

/** `saga approve`: answers a state that waits. */
export async function approve(named: string | undefined, given: string | undefined, values: Values): Promise<number> {
  // A single argument that is an output is for the only execution that waits.
  const only = given === undefined && named !== undefined && /^[[{"@-]/.test(named);
  const [execution, output] = only ? [undefined, named] : [named, given];
  return answer(execution, { output: output === undefined ? {} : await readJson(output) }, values);
}

/** `saga reject`: makes a state that waits fail. */
export async function reject(named: string | undefined, given: string | undefined, values: Values): Promise<number> {
  // A name of an execution has no colon: a single argument with one is the refusal of the only execution that waits.
  const only = given === undefined && named !== undefined && /^(?!arn:).*:/s.test(named);
  const [execution, refusal = "Rejected"] = only ? [undefined, named] : [named, given];
  const [error = "", ...cause] = refusal.split(":");
  if (error === "") throw new UsageError("'reject' needs the name of the error before the colon: NAME:WHY");
  return answer(execution, { error, cause: cause.join(":").trim() }, values);
}

interface Waiting {
  readonly title: string;
  readonly state: string;
  readonly question: unknown;
  readonly token: string | undefined;
}

async function answer(named: string | undefined, given: Answer, values: Values): Promise<number> {
  if (named === undefined && values.stack !== undefined) {
    const verb = "output" in given ? "approve" : "reject";
    throw new UsageError(
      `'${verb}' with --stack needs the ARN or the name of an execution: 'list --status running' shows those that run`,
    );
  }
  const place = await placeOf(values);
  const { title, state, question, token } = await findWaiting(place, named, values);
  if (token === undefined) {
    throw new NotPossible(
      `the history of ${title} does not contain the token of ${state}: the one who received it must answer with SendTaskSuccess`,
    );
  }
  const json = values.json === true;
  if (!json) {
    const said = "output" in given ? `approves ${state}` : `rejects ${state}`;
    const lines = [
      paint("bold", legible(`${said} of ${title}`)),
      ...(question === undefined ? [] : wrap("asked    ", beginningOf(JSON.stringify(question)))),
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  }
  const [{ SendTaskFailureCommand, SendTaskSuccessCommand }, { asked }] = await Promise.all([
    import("@aws-sdk/client-sfn"),
    import("../control/machines"),
  ]);
  const sfn = await place.target.sfn();
  try {
    await asked(place.target, async () => {
      if ("output" in given)
        await sfn.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(given.output) }));
      else await sfn.send(new SendTaskFailureCommand({ taskToken: token, ...given }));
    });
  } catch (error) {
    if ((error as Error).name !== "TaskTimedOut") throw error;
    throw new NotPossible(`${state} of ${title} no longer waits: it has been answered, or it has timed out`);
  }
  if (json) printJson({ execution: title, state, answered: given });
  else process.stdout.write("answered\n");
  return 0;
}

/** The state that waits, in the named execution or in the only one that waits. */
async function findWaiting(place: Place, named: string | undefined, values: Values): Promise<Waiting> {
  if (named !== undefined) {
    const waiting = await waitingIn(place, named, values);
    return pick(waiting, values.state, named);
  }
  const { listExecutions } = await import("../control/executions");
  const running = await listExecutions(place.target, place.machines, { outcome: "running", most: MOST });
  const all: Waiting[] = [];
  for (const { arn } of running) all.push(...(await waitingIn(place, arn, values)));
  return pick(all, values.state, undefined);
}

/** How many running executions are searched if none is named. */
const MOST = 50;

function pick(waiting: readonly Waiting[], state: string | undefined, named: string | undefined): Waiting {
  const found = state === undefined ? waiting : waiting.filter((each) => each.state === state);
  const [only, ...more] = found;
  if (only && more.length === 0) return only;
  const what = waiting.map((each) => (named === undefined ? `${each.state} of ${each.title}` : each.state)).join(", ");
  if (waiting.length === 0)
    throw new NotPossible(
      named === undefined ? "no execution waits for an answer" : `${named} does not wait for an answer`,
    );
  if (!only)
    throw new UsageError(
      `${state as string} does not wait; ${waiting.length === 1 ? "the state that waits is" : "the states that wait are"} ${what}`,
    );
  throw new NotPossible(
    `several states wait: ${what}; choose one with ${named === undefined ? "the execution's name" : "--state NAME"}`,
  );
}

async function waitingIn(place: Place, named: string, values: Values): Promise<readonly Waiting[]> {
  const { arn = "", saga, story } = await examine(place, named, values);
  const title = `${saga} ${arn.replace(/^.*:/, "")}`;
  return story.path.flatMap((visit) => {
    const last = triesOf(visit).at(-1);
    if (!last?.waits || statusAt(story, visit, Infinity) !== "waiting") return [];
    return [{ title, state: visit.instance, question: questionOf(last), token: last.token }];
  });
}
