import { availableParallelism } from "node:os";
import type { Json } from "../interpreter";
import { LocalCloud, mainMachine } from "../local/cloud";
import type { Program } from "../local/program";
import {
  type Answers,
  explore,
  FaultsError,
  formatFindings,
  formatPlan,
  formatVerdict,
  isSound,
  setUp,
  type Stage,
  type Undone,
} from "../testing/faults";
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

/** Enough to keep the processors busy: while one scenario waits, another one computes. */
const stagesAtOnce = (): number => Math.min(4, availableParallelism() + 1);

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
  const stages: Stage[] = [];
  const started = performance.now();
  try {
    for (let count = 0; count < stagesAtOnce(); count++) {
      // In virtual time, neither the saga's waits nor those of its child sagas take time.
      const open = (twins: Program) => LocalCloud.start(twins, { stubs, time: "virtual" });
      stages.push(await setUp(program, { machine, open }));
    }
    const explored = await progress("scenarios", (tell) =>
      explore(stages, {
        ...exploring,
        ...(declaration && { declaration }),
        onPlan(plan) {
          if (!json) printText(`${formatPlan(plan)}\n`);
        },
        onProgress(done) {
          if (done % 10 === 0) tell(done);
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
