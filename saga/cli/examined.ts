import type { Declaration } from "../asl/declaration";
import type { RawStates } from "../asl/states";
import type { Advice } from "../control/advice";
import type { Description } from "../control/executions";
import type { Entry } from "../control/ledger";
import type { Story } from "../control/story";
import type { Target } from "../control/target";
import { readJson } from "./input";
import { commandName } from "./paths";
import { progress } from "./progress";
import type { Place } from "./target";
import type { Values } from "./options";

/** An execution with all that is known of it. */
export interface Examined {
  readonly saga: string;
  /** Undefined if a saved history does not contain it. */
  readonly arn: string | undefined;
  readonly story: Story;
  readonly definition: RawStates;
  /** Undefined if nothing declares which call undoes which. */
  readonly declaration: Declaration | undefined;
  /** The effects, after its recovery if there is one. */
  readonly ledger: readonly Entry[];
  readonly advice: Advice;
  /** The execution that recovers it, if it was stopped. */
  readonly recovery?: { readonly arn: string; readonly story: Story } | undefined;
  readonly description?: Description;
}

/** Reads an execution, and the execution that recovers it. */
export async function examine(
  { target, machines }: Place,
  named: string | undefined,
  values: Values,
): Promise<Examined> {
  const { definitionOf, describe, executionArnOf, historyOf, recoveryOf } = await import("../control/executions");
  const arn = await executionArnOf(target, machines, named);
  const description = await describe(target, arn);
  const [{ definition, note }, events] = await Promise.all([
    definitionOf(target, arn),
    progress("events", (tell) => historyOf(target, arn, tell)),
  ]);
  const declaration = await declarationFor(definition, values);
  const { storyOf } = await import("../control/story");
  const story = storyOf({ events, definition, declaration });
  const recovering =
    note.undo !== undefined && (story.outcome === "aborted" || story.outcome === "timed out")
      ? await recoveryOf(target, description, note.undo)
      : undefined;
  const recovery = recovering && (await recoveryStory(target, recovering.executionArn as string, declaration));
  return {
    saga: note.saga ?? /:execution:([^:]+)/.exec(arn)?.[1] ?? arn,
    arn,
    story,
    definition,
    declaration,
    description,
    recovery,
    ...(await judged({
      story,
      declaration,
      recovery,
      arn,
      options: target.options,
      redrivable: redrivableOf(description),
    })),
  };
}

/** Undefined if Step Functions does not say. */
const redrivableOf = ({ redriveStatus }: Description): boolean | undefined =>
  redriveStatus === undefined ? undefined : redriveStatus === "REDRIVABLE";

async function recoveryStory(target: Target, arn: string, declaration: Declaration | undefined) {
  const { definitionOf, historyOf } = await import("../control/executions");
  const { storyOf } = await import("../control/story");
  const [{ definition }, events] = await Promise.all([definitionOf(target, arn), historyOf(target, arn)]);
  return { arn, story: storyOf({ events, definition, declaration }) };
}

/** The effects of an execution, and what to do about it. */
export async function judged({
  story,
  declaration,
  recovery,
  arn,
  options,
  redrivable,
}: Pick<Examined, "story" | "declaration" | "recovery" | "arn"> & {
  readonly options: string;
  readonly redrivable?: boolean | undefined;
}): Promise<Pick<Examined, "ledger" | "advice">> {
  const [{ ledgerAt }, { adviceOf }] = await Promise.all([import("../control/ledger"), import("../control/advice")]);
  const own = declaration ? ledgerAt(story, declaration, Infinity) : [];
  const ledger = declaration && recovery ? ledgerAt(recovery.story, declaration, Infinity, own) : own;
  const advice = adviceOf({
    story,
    ledger: declaration && ledger,
    target: { command: commandName(), options, ...(arn !== undefined && { execution: arn }) },
    known: { redrivable, recovery: recovery && { arn: recovery.arn, outcome: recovery.story.outcome } },
  });
  return { ledger, advice };
}

/** The declaration of which call undoes which: by -d, or by the machine's own Comment. */
export async function declarationFor(
  definition: RawStates,
  values: Pick<Values, "data">,
): Promise<Declaration | undefined> {
  if (values.data !== undefined) {
    const { readGiven } = await import("./definitions/declarations");
    return readGiven(await readJson(values.data), "-d");
  }
  const { declaredIn } = await import("../control/declared");
  return declaredIn(definition);
}
