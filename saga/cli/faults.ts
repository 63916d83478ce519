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
import { checkAnswers, type LoadedProgram } from "./program";
import { UsageError } from "./usage-error";
import { declarationIn } from "./verify";

export interface FaultsOptions {
  readonly input: Json;
  /** The input of another saga, whose rows stand there all the time. */
  readonly beside?: Json;
  readonly pairs: boolean;
  readonly most?: number;
  readonly answers?: Answers;
  readonly undone?: Undone;
  readonly json: boolean;
}

/** As many as keep the processors busy: what one scenario waits for, another computes. */
const stagesAtOnce = (): number => Math.min(4, availableParallelism() + 1);

/** `saga faults`: strikes every call of a saga, as it is deployed, with everything that may go wrong with it. */
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
  const shown = process.stderr.isTTY && !json;
  try {
    for (let count = 0; count < stagesAtOnce(); count++) {
      // What the saga waits for takes no time; nor does what its child sagas do.
      const open = (twins: Program) => LocalCloud.start(twins, { stubs, time: "virtual" });
      stages.push(await setUp(program, { machine, open }));
    }
    const explored = await explore(stages, {
      ...exploring,
      ...(declaration && { declaration }),
      onPlan(plan) {
        if (!json) process.stdout.write(`${formatPlan(plan)}\n\n`);
      },
      onProgress(done) {
        if (shown && done % 10 === 0) process.stderr.write(`\r${done.toLocaleString("en")} scenarios …`);
      },
    });
    if (shown) process.stderr.write("\r\u001b[K");
    const seconds = Math.round((performance.now() - started) / 1000);
    if (json) process.stdout.write(`${JSON.stringify(explored, null, 2)}\n`);
    else process.stdout.write(`${formatFindings(explored.findings)}\n\n${formatVerdict(explored)} (${seconds} s)\n`);
    return isSound(explored) ? 0 : 1;
  } catch (error) {
    if (error instanceof FaultsError) throw new UsageError(error.message);
    throw error;
  } finally {
    await Promise.all(stages.map((stage) => stage.close()));
  }
}

/**
 * `status=UNDONE`: by which attribute, of which value, a row says that it is undone.
 * @throws UsageError
 */
export function readUndone(text: string): Undone {
  const [, attribute, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (attribute === undefined || value === undefined) {
    throw new UsageError(`--undone wants ATTRIBUTE=VALUE, such as status=UNDONE, not '${text}'`);
  }
  return { attribute, value };
}

/** @throws UsageError */
export function readMost(text: string): number {
  const most = Number(text);
  if (!Number.isInteger(most) || most < 1) throw new UsageError(`--most wants a whole number from 1, not '${text}'`);
  return most;
}
