import { COMPENSATED } from "../asl/outcome";
import { stuckIn, whyNotRedrive } from "../control/advice";
import { isOutstanding } from "../control/ledger";
import { statusAt } from "../control/story";
import { examine, type Examined } from "./examined";
import { commandName } from "./paths";
import { legible, paint, printJson, wrap } from "./print";
import { placeOf } from "./target";
import { NotPossible } from "./not-possible";
import { UsageError } from "./usage-error";
import type { Values } from "./options";

/** `saga redrive`: prints which states run again, and redrives the execution. */
export async function redrive(named: string | undefined, values: Values): Promise<number> {
  if (named === undefined) throw new UsageError("'redrive' needs the ARN or the name of an execution");
  const place = await placeOf(values);
  const examined = await examine(place, named, values);
  const { arn = "", saga, story, description } = examined;
  const title = `${saga} ${arn.replace(/^.*:/, "")}`;
  const { outcome } = story;
  if (outcome === "running" || outcome === "completed")
    throw new NotPossible(`${title} is ${outcome}: there is nothing to redrive`);
  if (description?.redriveStatus === "NOT_REDRIVABLE") {
    throw new NotPossible(
      `${title} can't be redriven: ${description.redriveStatusReason ?? "Step Functions gives no reason"}`,
    );
  }
  const refused = reasonAgainst(examined);
  if (refused !== undefined && values.force !== true) throw new NotPossible(`${refused}; --force redrives it anyway`);

  const plan = planOf(examined);
  const json = values.json === true;
  if (!json) {
    const undo =
      plan.afterwards.length === 0
        ? []
        : wrap("then     ", `${plan.afterwards.join(", ")} ${plan.afterwards.length === 1 ? "is" : "are"} undone`);
    const lines = [
      paint("bold", legible(`redrives ${title}`)),
      `  ${legible(arn)}`,
      ...wrap(
        "again    ",
        plan.again.length === 0 ? "the state in which it ended" : `${plan.again.join(", ")}, with fresh retries`,
      ),
      ...(plan.goesForward ? wrap("then     ", "the saga goes forward") : undo),
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  }
  if (values["dry-run"] === true) {
    if (json) printJson({ arn, ...plan });
    return 0;
  }
  const [{ RedriveExecutionCommand }, { asked }] = await Promise.all([
    import("@aws-sdk/client-sfn"),
    import("../control/machines"),
  ]);
  const sfn = await place.target.sfn();
  const { redriveDate } = await asked(place.target, () => sfn.send(new RedriveExecutionCommand({ executionArn: arn })));
  if (json) printJson({ arn, ...plan, redriven: redriveDate });
  else {
    const follow = [commandName(), "show", arn.replace(/^.*:/, ""), place.target.options]
      .filter((part) => part !== "")
      .join(" ");
    process.stdout.write(`redriven; to follow it: ${legible(follow)}\n`);
  }
  return 0;
}

/** Why a redrive would do no good. */
function reasonAgainst({ story, recovery, saga }: Examined): string | undefined {
  if (story.outcome === "compensated")
    return `${saga} has compensated: a redrive would only end in ${COMPENSATED} again`;
  return recovery && whyNotRedrive(recovery.arn);
}

interface Plan {
  /** The states that run again. */
  readonly again: readonly string[];
  /** The effects that are undone after that. */
  readonly afterwards: readonly string[];
  readonly goesForward: boolean;
}

function planOf({ story, ledger }: Examined): Plan {
  const stuck = stuckIn(story);
  const cut = story.path.filter((visit) => visit.type === "Task" && statusAt(story, visit, Infinity) === "aborted");
  const again = [...stuck, ...cut];
  const goesForward =
    again.some(({ side }) => side === "forward") ||
    ledger.some(({ role, status }) => role === "pivot" && (status === "live" || status === "confirmed"));
  const beingUndone = new Set(
    again.flatMap(({ state, step }) =>
      ledger
        .filter(({ undo, instance }) => undo?.state === state && (step === undefined || instance === step))
        .map(({ instance }) => instance),
    ),
  );
  const afterwards = goesForward
    ? []
    : ledger
        .filter((entry) => isOutstanding(entry) && !beingUndone.has(entry.instance))
        .map(({ instance }) => instance);
  return { again: again.map(({ instance }) => instance), afterwards: afterwards.reverse(), goesForward };
}
