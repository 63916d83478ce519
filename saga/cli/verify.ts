import { existsSync } from "node:fs";
import { declarationOf } from "../compile/declaration";
import {
  type Declaration,
  DeclarationError,
  DefinitionError,
  type RawStates,
  readDeclaration,
  readDefinition,
  SearchLimitError,
  type Verdict,
  verify,
} from "../verify";
import { childrenOf, type Saga } from "../language/nodes";
import type { Program, Resource } from "../local/program";
import { definitionOf, machinesOf, mainMachine, sagaOf } from "../local/resources";
import { readJsonFile } from "./input";
import { callersPath } from "./paths";
import type { Json } from "../interpreter";
import { printJson } from "./print";
import { printProof } from "./print-proof";
import type { LoadedProgram } from "./program";
import { UsageError } from "./usage-error";

/** Somebody who asks for a proof waits longer than one who deploys. */
const SECONDS = 600;

interface Options {
  readonly json: boolean;
}

/** Verifies what the program registers for its sagas, or for the one of a name, by what each says of its steps. */
export async function verifyProgram(
  load: () => Promise<LoadedProgram>,
  { json, name }: Options & { readonly name?: string | undefined },
): Promise<number> {
  let program: Program;
  try {
    ({ program } = await load());
  } catch (error) {
    // A program refuses to deploy an unsound saga, and says what it has found.
    const { verdicts } = error as { readonly verdicts?: readonly Verdict[] };
    if (verdicts) return tell(verdicts, { json });
    throw error;
  }
  const machines = name === undefined ? machinesOf(program) : [mainMachine(program, name)];
  const sagas = sagasIn(program);
  const verdicts = machines.flatMap((machine) => {
    const saga = sagas.get(sagaOf(machine) ?? "");
    return saga ? [check(definitionOf(machine) as unknown as RawStates, declarationOf(saga))] : [];
  });
  if (verdicts.length === 0) {
    const what =
      name === undefined ? "the program has no state machine of a saga" : `'${name}' is no machine of a saga`;
    throw new UsageError(`${what}: of another machine, give the file of its definition`);
  }
  return tell(verdicts, { json });
}

/** What the saga of a machine says of its steps: nothing of a machine that is no saga's. */
export function declarationIn(program: Program, machine: Resource): Declaration | undefined {
  const saga = sagasIn(program).get(sagaOf(machine) ?? "");
  return saga && declarationOf(saga);
}

/** Verifies a definition that somebody wrote; without a declaration, by the one in the file beside it. */
export async function verifyFile(file: string, declaration: Json | undefined, options: Options): Promise<number> {
  const definition = await readDefinitionOf(file);
  return tell([check(definition, await readDeclarationOf(file, declaration))], options);
}

async function readDefinitionOf(file: string): Promise<RawStates> {
  const json = await readJsonFile(file);
  try {
    return readDefinition(json);
  } catch (error) {
    if (error instanceof DefinitionError) throw new UsageError(`'${file}' is no state machine: ${error.message}`);
    throw error;
  }
}

async function readDeclarationOf(file: string, given: Json | undefined) {
  const beside = file === "-" ? "-" : file.replace(/(\.asl)?(\.json)?$/, ".saga.json");
  if (given === undefined && file === "-") {
    throw new UsageError("what undoes what in standard input is not said: give it with -d, as JSON or @file.saga.json");
  }
  if (given === undefined && !existsSync(callersPath(beside))) {
    throw new UsageError(
      `what undoes what in '${file}' is not said: put {"saga": …, "calls": {"Pay": {"role": "compensable", "undo": "Refund"}}} ` +
        `into '${beside}', or give it with -d`,
    );
  }
  try {
    return readDeclaration(given ?? (await readJsonFile(beside)));
  } catch (error) {
    if (error instanceof DeclarationError) throw new UsageError(`${given ? "-d" : beside}: ${error.message}`);
    throw error;
  }
}

function check(definition: RawStates, declaration: ReturnType<typeof readDeclaration>): Verdict {
  const shown = process.stderr.isTTY;
  const onProgress = (states: number): void => {
    if (shown) process.stderr.write(`\r${declaration.saga}: ${states.toLocaleString("en")} states …`);
  };
  try {
    return verify(definition, declaration, { onProgress, seconds: SECONDS });
  } catch (error) {
    if (error instanceof SearchLimitError) {
      throw new Error(`${declaration.saga}: nothing is proved of its paths: the search ${error.message}`, {
        cause: error,
      });
    }
    throw error;
  } finally {
    if (shown) process.stderr.write("\r\u001b[K");
  }
}

function tell(verdicts: readonly Verdict[], { json }: Options): number {
  if (json) printJson(verdicts);
  else verdicts.forEach(printProof);
  return verdicts.every(({ sound }) => sound) ? 0 : 1;
}

/** The sagas that the program deploys, and their child sagas, by name. */
function sagasIn({ sagas }: Program): ReadonlyMap<string, Saga> {
  const found = new Map<string, Saga>();
  const add = (saga: Saga): void => {
    found.set(saga.name, saga);
    for (const child of childrenOf(saga)) add(child);
  };
  for (const saga of sagas?.values() ?? []) add(saga as Saga);
  return found;
}
