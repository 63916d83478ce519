import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Declaration } from "../asl/declaration";
import { innerOf } from "../asl/states";
import { tasksIn } from "../asl/tasks";
import { declarationOf } from "../compile/declaration";
import type { Json } from "../interpreter";
import { childrenOf, type Saga } from "../language/nodes";
import type { Program, Resource } from "../local/program";
import { findProject, PROJECT_FILES } from "../local/project";
import { definitionOf, machinesOf, mainMachine, sagaOf } from "../local/resources";
import { type RawStates, SearchLimitError, undeclaredIn, type Verdict, verify } from "../verify";
import { besideOf, declarationFileOf, readDeclarationFile, readGiven } from "./definitions/declarations";
import { type Found, isRead } from "./definitions/found";
import { guessCalls } from "./definitions/guess";
import { definitionOfFound, selectMachines } from "./definitions/select";
import type { Path, Place } from "./definitions/source";
import { commandName } from "./paths";
import { printJson, printNote } from "./print";
import { printProof } from "./print-proof";
import { type LoadedProgram, quoted } from "./program";
import { type Proof, sarifOf } from "./sarif";
import { UsageError } from "./usage-error";

/** The time limit of a proof. It is longer than in a deploy, since the user has asked for the proof. */
const SECONDS = 600;

/** For a person, for a program, or for code scanning. */
export type Output = "text" | "json" | "sarif";

/**
 * The format in which proofs are printed.
 * @throws UsageError
 */
export function outputOf({ json, format }: { json?: boolean | undefined; format?: string | undefined }): Output {
  if (format === undefined) return json === true ? "json" : "text";
  if (format !== "sarif") throw new UsageError(`no format '${format}' of a proof; the only format is sarif`);
  if (json === true) throw new UsageError("--json and --format sarif exclude each other: SARIF is JSON");
  return "sarif";
}

/** Verifies the machines that the program registers for its sagas, or for the named one, against their declarations. */
export async function verifyProgram(
  load: () => Promise<LoadedProgram>,
  { output, name, folder }: { output: Output; name?: string | undefined; folder: string },
): Promise<number> {
  // A state has no place of its own in the program, which registers what is compiled from its steps.
  const place = (): Place => ({ file: projectFileOf(folder), line: 1, column: 1 });
  const proofs = (all: readonly Verdict[]): readonly Proof[] => all.map((verdict) => ({ verdict, place }));
  let program: Program;
  try {
    ({ program } = await load());
  } catch (error) {
    // The program refuses to deploy an unsound saga, and the error has the verdicts.
    const { verdicts } = error as { readonly verdicts?: readonly Verdict[] };
    if (verdicts) return tell(proofs(verdicts), output);
    throw error;
  }
  const machines = name === undefined ? machinesOf(program) : [mainMachine(program, name)];
  const verdicts = machines.flatMap((machine) => {
    const declaration = declarationIn(program, machine);
    return declaration ? [check(definitionOf(machine) as unknown as RawStates, declaration)] : [];
  });
  if (verdicts.length === 0) {
    const what =
      name === undefined ? "the program has no state machine of a saga" : `'${name}' is not the machine of a saga`;
    throw new UsageError(`${what}: to verify another machine, give the file of its definition`);
  }
  return tell(proofs(verdicts), output);
}

function projectFileOf(folder: string): string {
  const project = findProject(folder) ?? folder;
  return PROJECT_FILES.map((name) => join(project, name)).find((file) => existsSync(file)) ?? project;
}

/** The declaration of a machine, by the program or by its saga; undefined if it has none. */
export function declarationIn(program: Program, machine: Resource): Declaration | undefined {
  const given = program.declarations?.get(machine.name) as Declaration | undefined;
  if (given) return given;
  const saga = sagasIn(program).get(sagaOf(machine) ?? "");
  return saga && declarationOf(saga);
}

/**
 * Verifies the definitions in a file, or the named one: definitions themselves, and those in a template or a state.
 * Each is verified against the given declaration, or the one in the file beside it.
 * @throws UsageError
 */
export async function verifyFile(
  file: string,
  { name, declaration, output }: { name?: string | undefined; declaration?: Json | undefined; output: Output },
): Promise<number> {
  const { machines, only } = await selectMachines(file, name);
  const [machine] = machines;
  if (declaration !== undefined) {
    if (!machine || machines.length > 1) {
      throw new UsageError(`-d declares one machine, but '${file}' has ${namesOf(machines)}: name one of them`);
    }
    return tell([prove(machine, readGiven(declaration, "-d"), { file, only, where: "the declaration of -d" })], output);
  }
  const proofs: Proof[] = [];
  const undeclared: Found[] = [];
  for (const each of machines) {
    const where = declarationFileOf(file, each.name, only);
    if (where === undefined) undeclared.push(each);
    else proofs.push(prove(each, await readDeclarationFile(where), { file, only, where }));
  }
  if (proofs.length === 0) throw new UsageError(notDeclared(file, undeclared, only));
  for (const each of undeclared)
    printNote(`'${each.name}' is not verified: there is no '${besideOf(file, each.name)}'`);
  return tell(proofs, output);
}

const namesOf = (machines: readonly Found[]): string => machines.map(({ name }) => name).join(", ");

/** The message for undeclared machines: their tasks, and how to declare them. */
function notDeclared(file: string, machines: readonly Found[], only: boolean): string {
  const [machine] = machines as [Found, ...Found[]];
  if (file === "-") {
    return "no declaration says which task of standard input undoes which: give one with -d, as JSON or @file.saga.json";
  }
  if (machines.length > 1) {
    return `'${file}' has no declaration for any of its machines ${namesOf(machines)}: ${commandName()} verify ${quoted(file)} --init drafts one for each, for you to edit`;
  }
  const tasks = tasksIn(definitionOfFound(machine, { file, only })).map(([name]) => name);
  const which = only ? "" : ` ${quoted(machine.name)}`;
  return `no declaration says which task in '${file}' undoes which, of its ${counted(tasks.length, "task")} ${tasks.join(", ")}: ${commandName()} verify ${quoted(file)}${which} --init drafts '${besideOf(file, only ? undefined : machine.name)}' for you to edit; or give one with -d`;
}

const counted = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

/** Verifies one machine of a file, if all its tasks are declared. */
function prove(found: Found, declaration: Declaration, of: { file: string; only: boolean; where: string }): Proof {
  const definition = definitionOfFound(found, of);
  const undeclared = undeclaredIn(definition, declaration);
  if (undeclared.length > 0) {
    const guesses = guessCalls(definition);
    const guessed = undeclared.flatMap((task) => {
      const guess = { ...guesses.get(task), why: undefined };
      return guess.role === undefined || guess.role === "?"
        ? []
        : [`${JSON.stringify(task)}: ${JSON.stringify(guess)}`];
    });
    const such = guessed.length === 0 ? "" : `, such as ${guessed.join(", ")}`;
    throw new UsageError(
      `${of.where} does not say what ${counted(undeclared.length, "task")} of ${found.name} ${undeclared.length === 1 ? "is" : "are"}: ${undeclared.join(", ")}; add each to its "calls"${such}, or name it as the undo of another call`,
    );
  }
  return { verdict: check(definition, declaration), place: placeOfStates(found, definition) };
}

/** The place of each state of a definition in its file. */
function placeOfStates(found: Found, definition: RawStates): Proof["place"] {
  if (!isRead(found)) return () => undefined;
  const paths = pathsOf(definition, []);
  return (state) => found.place(state === undefined ? ["StartAt"] : (paths.get(state) ?? []));
}

function pathsOf({ States }: RawStates, at: Path): ReadonlyMap<string, Path> {
  return new Map(
    Object.entries(States).flatMap(([name, state]): (readonly [string, Path])[] => {
      const path = [...at, "States", name];
      const items = state.ItemProcessor ? "ItemProcessor" : "Iterator";
      const inner = innerOf(state).map((level, index) =>
        pathsOf(level, index < (state.Branches?.length ?? 0) ? [...path, "Branches", index] : [...path, items]),
      );
      return [[name, path], ...inner.flatMap((each) => [...each])];
    }),
  );
}

function check(definition: RawStates, declaration: Declaration): Verdict {
  const shown = process.stderr.isTTY;
  const onProgress = (states: number): void => {
    if (shown) process.stderr.write(`\r${declaration.saga}: ${states.toLocaleString("en")} states …`);
  };
  try {
    return verify(definition, declaration, { onProgress, seconds: SECONDS });
  } catch (error) {
    if (error instanceof SearchLimitError) {
      throw new Error(`${declaration.saga}: nothing is proved: the search ${error.message}`, {
        cause: error,
      });
    }
    throw error;
  } finally {
    if (shown) process.stderr.write("\r\u001b[K");
  }
}

function tell(proofs: readonly Proof[], output: Output): number {
  const verdicts = proofs.map(({ verdict }) => verdict);
  if (output === "json") printJson(verdicts);
  else if (output === "sarif") printJson(sarifOf(proofs));
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
