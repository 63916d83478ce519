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
import { definitionOf } from "../local/cloud";
import { readJsonFile } from "./input";
import type { Json } from "../interpreter";
import { printProof } from "./print-proof";
import { evaluateProgram, type Resource } from "../local/program";
import { UsageError } from "./usage-error";

interface Options {
  readonly json: boolean;
}

/** Verifies what the program registers for each of its sagas, by what the saga says of its steps. */
export async function verifyProgram(options: Options): Promise<number> {
  let resources: readonly Resource[];
  try {
    ({ resources } = await evaluateProgram());
  } catch (error) {
    // A program refuses to deploy an unsound saga, and says what it has found.
    const { verdicts } = error as { readonly verdicts?: readonly Verdict[] };
    if (verdicts) return tell(verdicts, options);
    throw error;
  }
  const verdicts = resources
    .filter(({ type }) => type === "aws:sfn/stateMachine:StateMachine")
    .flatMap((resource) => {
      const declaration = declarationIn(resource);
      return declaration ? [check(definitionOf(resource) as unknown as RawStates, declaration)] : [];
    });
  if (verdicts.length === 0) throw new UsageError("the program has no state machine of a saga that its modules export");
  return tell(verdicts, options);
}

/** What the saga of a machine says of its steps, where a module that the program has loaded exports it. */
export function declarationIn(machine: Resource): Declaration | undefined {
  const { Comment } = definitionOf(machine) as { readonly Comment: string };
  const saga = sagasLoaded().get(sagaIn(Comment) ?? "");
  return saga && declarationOf(saga);
}

/** Of which saga a machine is: the Comment tells, as JSON where it tells more. That of an undo is none. */
function sagaIn(comment: string): string | undefined {
  if (comment.startsWith("{")) return (JSON.parse(comment) as { readonly saga: string }).saga;
  return /^Saga (.+)$/.exec(comment)?.[1];
}

/** Verifies a definition that somebody wrote; without a declaration, by the one in the file beside it. */
export function verifyFile(file: string, declaration: Json | undefined, options: Options): number {
  if (!existsSync(file)) {
    throw new UsageError(
      `there is no file '${file}': give the file of a definition, or nothing to verify each saga of the program`,
    );
  }
  const definition = readDefinitionOf(file);
  return tell([check(definition, readDeclarationOf(file, declaration))], options);
}

function readDefinitionOf(file: string): RawStates {
  try {
    return readDefinition(readJsonFile(file));
  } catch (error) {
    if (error instanceof DefinitionError) throw new UsageError(`'${file}' is no state machine: ${error.message}`);
    throw error;
  }
}

function readDeclarationOf(file: string, given: Json | undefined) {
  const beside = file.replace(/(\.asl)?(\.json)?$/, ".saga.json");
  if (given === undefined && !existsSync(beside)) {
    throw new UsageError(
      `what undoes what in '${file}' is not said: put {"saga": …, "calls": {"Pay": {"role": "compensable", "undo": "Refund"}}} ` +
        `into '${beside}', or give it with -d`,
    );
  }
  try {
    return readDeclaration(given ?? readJsonFile(beside));
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
    return verify(definition, declaration, { onProgress });
  } catch (error) {
    if (error instanceof SearchLimitError) throw new Error(`${declaration.saga}: ${error.message}`, { cause: error });
    throw error;
  } finally {
    if (shown) process.stderr.write("\r\u001b[K");
  }
}

function tell(verdicts: readonly Verdict[], { json }: Options): number {
  if (json) process.stdout.write(`${JSON.stringify(verdicts, null, 2)}\n`);
  else verdicts.forEach(printProof);
  return verdicts.every(({ sound }) => sound) ? 0 : 1;
}

/** The sagas that the program's modules export, and their child sagas, by name. */
function sagasLoaded(): ReadonlyMap<string, Saga> {
  const exported = Object.values(require.cache).flatMap((loaded) => {
    const exports: unknown = loaded?.exports;
    return typeof exports === "object" && exports !== null && !loaded?.filename.includes("node_modules")
      ? (Object.values(exports) as unknown[])
      : [];
  });
  const sagas = new Map<string, Saga>();
  const add = (saga: Saga): void => {
    sagas.set(saga.name, saga);
    for (const child of childrenOf(saga)) add(child);
  };
  for (const value of exported) if (isSaga(value)) add(value);
  return sagas;
}

const isSaga = (value: unknown): value is Saga =>
  typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "Saga";
