import { availableParallelism } from "node:os";
import type { Json } from "../interpreter";
import { type LocalCloud, mainMachine } from "../local/cloud";
import { evaluateProgram, type Program, type Resource } from "../local/program";
import type { Declaration } from "../verify";
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
import { readJson } from "./input";
import { declarationIn } from "./verify";
import { UsageError } from "./usage-error";

export interface FaultsOptions {
  readonly input: Json;
  /** The input of another saga, whose rows stand there all the time. */
  readonly beside?: Json;
  readonly pairs: boolean;
  readonly most?: number;
  readonly answers?: Answers;
  readonly undone?: Undone;
  readonly declaration?: Declaration;
  readonly json: boolean;
  /** Starts the program, where it takes more than the program. */
  readonly open?: (program: Program) => Promise<LocalCloud>;
}

/** As many as keep the processors busy: what one scenario waits for, another computes. */
const stagesAtOnce = (): number => Math.min(4, availableParallelism() + 1);

/** `saga faults`: strikes every call of a saga, as it is deployed, with everything that may go wrong with it. */
export async function faults(program: Program, machine: Resource, options: FaultsOptions): Promise<number> {
  const { json, open, ...exploring } = options;
  const stages: Stage[] = [];
  const started = performance.now();
  const shown = process.stderr.isTTY && !json;
  try {
    for (let count = 0; count < stagesAtOnce(); count++) {
      stages.push(await setUp(program, { machine, ...(open && { open }) }));
    }
    const explored = await explore(stages, {
      ...exploring,
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

/** Strikes the saga of that name in this program, or the one that it exports. */
export async function faultsOfProgram(
  name: string | undefined,
  options: Omit<FaultsOptions, "declaration">,
): Promise<number> {
  const program = await evaluateProgram();
  const machine = machineOf(program, name);
  const declaration = declarationIn(machine);
  return faults(program, machine, { ...options, ...(declaration && { declaration }) });
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

/**
 * `Approve={"by":"me"}`: what is answered where that state waits for it.
 * @throws UsageError
 */
export async function readAnswers(texts: readonly string[]): Promise<Answers> {
  const answers = texts.map(async (text) => {
    const [, state, json] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
    if (state === undefined || json === undefined) {
      throw new UsageError(`--answer wants STATE=JSON, such as Approve='{"by":"me"}', not '${text}'`);
    }
    return [state, { output: await readJson(json) }] as const;
  });
  return Object.fromEntries(await Promise.all(answers));
}

/** The machine of that name, or the one that the program exports. */
function machineOf(program: Program, name: string | undefined): Resource {
  if (name === undefined) return mainMachine(program);
  const machines = program.resources.filter(({ type }) => type === "aws:sfn/stateMachine:StateMachine");
  const found = machines.find((machine) => machine.name === name);
  if (found) return found;
  throw new UsageError(`no saga '${name}'; there is ${machines.map((each) => each.name).join(", ")}`);
}
