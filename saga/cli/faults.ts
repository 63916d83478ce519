import type { Json } from "../interpreter";
import { mainMachine } from "../local/cloud";
import {
  type Answers,
  explore,
  FaultsError,
  formatFindings,
  formatPlan,
  formatVerdict,
  isSound,
  setUpStages,
  type Undone,
} from "../testing/faults";
import { Pace } from "./pace";
import { printJson, printText } from "./print";
import { checkAnswers, type LoadedProgram } from "./program";
import { progress } from "./progress";
import { UsageError } from "./usage-error";
import { declarationIn } from "./verify";

export interface FaultsOptions {
  readonly input: Json;
  /** The input of another saga, whose rows are in the tables in every scenario. */
  readonly beside?: Json;
  readonly pairs: boolean;
  readonly most?: number;
  readonly answers?: Answers;
  readonly undone?: Undone;
  readonly json: boolean;
}

/** `saga faults`: injects every kind of fault into every call of a saga in its deployed form. */
export async function faults(
  { program, stubs }: LoadedProgram,
  name: string | undefined,
  options: FaultsOptions,
): Promise<number> {
  const machine = mainMachine(program, name);
  checkAnswers(program, options.answers ?? {}, "--answer");
  const declaration = declarationIn(program, machine);
  const { json, ...exploring } = options;
  const started = performance.now();
  // In virtual time, neither the saga's waits nor those of its child sagas take time.
  const stages = await setUpStages(program, machine, { stubs, time: "virtual" });
  try {
    let pace = new Pace();
    const explored = await progress("scenarios", (tell) =>
      explore(stages, {
        ...exploring,
        ...(declaration && { declaration }),
        onPlan(plan) {
          if (!json) printText(`${formatPlan(plan)}\n`);
          pace = new Pace();
        },
        onProgress(so) {
          const rest = pace.rest(so);
          tell(so.done, rest);
          // Without a terminal, such as in a log, a line now and then shows that the work goes on.
          if (!process.stderr.isTTY && pace.isDue(so)) process.stderr.write(`${so.done} scenarios${rest}\n`);
        },
      }),
    );
    const seconds = Math.round((performance.now() - started) / 1000);
    if (json) printJson(explored);
    else printText(`${formatFindings(explored.findings)}\n\n${formatVerdict(explored)} (${seconds} s)`);
    return isSound(explored) ? 0 : 1;
  } catch (error) {
    if (error instanceof FaultsError) throw new UsageError(error.message);
    throw error;
  } finally {
    await Promise.all(stages.map((stage) => stage.close()));
  }
}

/**
 * Reads the attribute and the value that mark a row as undone, such as `status=UNDONE`.
 * @throws UsageError
 */
export function readUndone(text: string): Undone {
  const [, attribute, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (attribute === undefined || value === undefined) {
    throw new UsageError(`--undone must be ATTRIBUTE=VALUE, such as status=UNDONE, not '${text}'`);
  }
  return { attribute, value };
}
