import type { Json } from "../interpreter";
import { isObject } from "../interpreter/json";
import type { CloudOptions, LocalCloud } from "../local/cloud";
import type { Source } from "../local/dev/follow";
import type { Program } from "../local/program";
import type { Project } from "../local/project";
import { definitionOf, machinesOf } from "../local/resources";
import type { Stubs } from "../local/stubs";
import { readJson, readJsonFile } from "./input";
import { callersPath, commandName } from "./paths";
import { hideSecrets, printNote, type TableLook } from "./print";
import { UsageError } from "./usage-error";

/** The program that a command runs, and its settings. */
export interface ProgramOptions {
  readonly program?: string | undefined;
  readonly stack?: string | undefined;
  /** `key=value`, each. */
  readonly config?: readonly string[] | undefined;
  /** The path of a file. */
  readonly stubs?: string | undefined;
}

export interface LoadedProgram {
  readonly project: Project;
  readonly program: Program;
  readonly stubs: Stubs;
  /** The options with which it was loaded. */
  readonly options: ProgramOptions;
}

/** A project that has been read, but not evaluated. */
export interface ReadProgram extends Pick<LoadedProgram, "project" | "stubs"> {
  /** What its evaluation needs. */
  readonly source: Source;
}

/**
 * Reads the project of the current folder, or of the folder in the options, and changes to its working folder.
 * @throws ProjectError, UsageError
 */
export async function readProgram(options: ProgramOptions): Promise<ReadProgram> {
  const { readProject } = await import("../local/project");
  const config = Object.fromEntries((options.config ?? []).map((each) => keyAndValue(each, "--config")));
  const path = options.program === undefined ? process.cwd() : callersPath(options.program);
  const project = readProject(path, { config, stack: options.stack });
  const stubs = await readStubsFile(options.stubs);
  hideSecrets(project.secretValues);
  for (const note of project.notes) printNote(note);
  // As Pulumi does: the dependencies of functions are read from there.
  process.chdir(project.workingFolder);
  const answers = Object.entries(stubs).flatMap(([name, stub]) =>
    "output" in stub ? [[name, stub.output] as const] : [],
  );
  return { project, stubs, source: { path, config, stack: options.stack, answers: Object.fromEntries(answers) } };
}

/**
 * Evaluates the program of the current folder, or of the folder in the options.
 * @throws ProjectError, UsageError
 */
export async function loadProgram(options: ProgramOptions): Promise<LoadedProgram> {
  const { project, stubs, source } = await readProgram(options);
  const { evaluate } = await import("../local/program");
  return { project, program: await evaluate(project, source.answers), stubs, options };
}

async function readStubsFile(file: string | undefined): Promise<Stubs> {
  if (file === undefined) return {};
  const { readStubs } = await import("../local/stubs");
  return readStubs(await readJsonFile(file), file);
}

/** Splits `key=value`. */
function keyAndValue(argument: string, option: string): readonly [key: string, value: string] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(argument) ?? [];
  if (key === undefined || value === undefined) throw new UsageError(`${option} must be NAME=VALUE, not '${argument}'`);
  return [key, value];
}

/** The answers with task tokens, by the state that waits. */
export type Answers = Readonly<
  Record<string, { readonly output: Json } | { readonly error: string; readonly cause: string }>
>;

/** `--answer STATE=<json>` and `--fail STATE=ERROR:CAUSE`. */
export async function readAnswers({
  answer = [],
  fail = [],
}: {
  readonly answer?: readonly string[] | undefined;
  readonly fail?: readonly string[] | undefined;
}): Promise<Answers> {
  const answers: Record<string, Answers[string]> = {};
  for (const each of answer) {
    const [state, json] = keyAndValue(each, "--answer");
    answers[state] = { output: await readJson(json) };
  }
  for (const each of fail) {
    const [state, said] = keyAndValue(each, "--fail");
    const [error = "", ...cause] = said.split(":");
    answers[state] = { error, cause: cause.join(":").trim() };
  }
  return answers;
}

/**
 * Refuses an answer to a state that does not wait: it would be ignored, and the saga would wait for another one.
 * @param option The option or the field that has the answers.
 * @throws UsageError
 */
export function checkAnswers(program: Program, answers: Answers, option: string): void {
  const waiting = [...new Set(machinesOf(program).flatMap((machine) => waitingStates(definitionOf(machine))))].sort();
  const unknown = Object.keys(answers).find((state) => !waiting.includes(state));
  if (unknown === undefined) return;
  const there =
    waiting.length === 0
      ? "no state does"
      : `the ${waiting.length === 1 ? "state that does is" : "states that do are"} ${waiting.join(", ")}`;
  throw new UsageError(`${option}: '${unknown}' is no state that waits for an answer; ${there}`);
}

/**
 * Refuses an input that is no object. The type of a saga's input is an object, so its steps would read nothing.
 * @param example The title of the example that has the input.
 * @throws UsageError
 */
export function checkInput(saga: string, input: Json, example?: string): void {
  if (isObject(input)) return;
  const what = input === null ? "null" : Array.isArray(input) ? "a list" : `a ${typeof input}`;
  const where = example === undefined ? "" : `${example}: `;
  throw new UsageError(`${where}the input of the saga '${saga}' is ${what}: give it an object, such as {"id":"7"}`);
}

/** The states that hand out a task token, including those in branches and items. */
function waitingStates(definition: Json): readonly string[] {
  if (typeof definition !== "object" || definition === null) return [];
  const { States = {} } = definition as { readonly States?: Readonly<Record<string, { readonly Resource?: unknown }>> };
  const own = Object.entries(States).flatMap(([name, { Resource }]) =>
    typeof Resource === "string" && Resource.endsWith(".waitForTaskToken") ? [name] : [],
  );
  return [...own, ...Object.values(definition).flatMap((each) => waitingStates(each))];
}

/** Runs a program on this machine while it is used. */
export async function withCloud<T>(
  { program, stubs }: LoadedProgram,
  options: CloudOptions,
  use: (cloud: LocalCloud) => Promise<T>,
): Promise<T> {
  const { LocalCloud } = await import("../local/cloud");
  const cloud = await LocalCloud.start(program, { onNote: printNote, time: "virtual", stubs, ...options });
  try {
    return await use(cloud);
  } finally {
    await cloud.close();
  }
}

/** The attribute in which the store records the step that wrote a row. The printed path has the steps already. */
const STEP = "saga_step";

/** How the program's tables are printed. */
export function looksOf({ resources }: Program): ReadonlyMap<string, TableLook> {
  return new Map(
    resources
      .filter(({ type }) => type === "aws:dynamodb/table:Table")
      .map(({ name, inputs }) => {
        const { hashKey, rangeKey, ttl } = inputs as {
          readonly hashKey?: string;
          readonly rangeKey?: string;
          readonly ttl?: { readonly attributeName?: string };
        };
        const keys = [hashKey, rangeKey].filter((key) => key !== undefined);
        return [
          name,
          { keys, hidden: [STEP, ...(ttl?.attributeName === undefined ? [] : [ttl.attributeName])] },
        ] as const;
      }),
  );
}

/** An argument, quoted for a shell if it needs to be. */
export const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

interface Asking {
  readonly saga: string;
  readonly input: Json;
  /** The name of the execution, if it was given. */
  readonly name?: string | undefined;
  readonly waiting: readonly { readonly state: string }[];
}

/**
 * The command that gives the answers, for the same program. It omits the values of the config, which may be secrets.
 */
export function answerCommand({ options }: LoadedProgram, { saga, input, name, waiting }: Asking): string {
  const { program, stack, config = [], stubs } = options;
  const answers = [...new Set(waiting.map(({ state }) => state))].map((state) => `--answer ${state}='{…}'`);
  const others = [
    ...Object.entries({ name, program, stack, stubs }).flatMap(([option, value]) =>
      value === undefined ? [] : [`--${option} ${quoted(value)}`],
    ),
    ...config.map((each) => `--config ${quoted(keyAndValue(each, "--config")[0])}=…`),
  ];
  return [commandName(), "start", saga, quoted(JSON.stringify(input)), ...answers, ...others].join(" ");
}
