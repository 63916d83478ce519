import { isExecutionName } from "../asl/execution-name";
import { readJson } from "./input";
import { readMost } from "./numbers";
import { type LoadedProgram, loadProgram, readAnswers, readProgram } from "./program";
import type { Values } from "./options";
import { UsageError } from "./usage-error";

/** A command line: its arguments, and its options by name. */
export interface CommandLine {
  readonly rest: readonly string[];
  readonly values: Values;
}

export interface Verb {
  /** The options that it takes, besides those that every command takes. */
  readonly options: readonly (keyof Values)[];
  /** How many arguments it takes at most. */
  readonly most: number;
  /**
   * Runs the command. It loads the modules that run a program only once the command line is checked: they take a
   * second.
   */
  readonly run: (line: CommandLine) => Promise<number>;
}

const load = (values: Values): Promise<LoadedProgram> => loadProgram(values);

/** Whether an argument is an input: JSON, `@file` or `-`. A saga's name is none of these. */
const looksLikeInput = (argument: string): boolean => /^\s*[[{"@\d-]|^\s*(?:true|false|null)\s*$/.test(argument);

/** The options of the commands on executions: where to look, and how to print. */
const WHERE = ["port", "endpoint", "json"] as const;

/** The commands, by name. */
export const VERBS: Readonly<Record<string, Verb>> = {
  start: {
    options: ["json", "answer", "fail", "name", "port", "endpoint", "deployed"],
    most: 2,
    async run({ rest, values }) {
      const [first, second] = rest;
      if (first === undefined) throw new UsageError("'start' needs a saga's name and an input: start NAME '{…}'");
      const [saga, given] = second === undefined && looksLikeInput(first) ? [undefined, first] : [first, second];
      if (given === undefined) {
        throw new UsageError(`'start' needs an input: start ${first} '{…}', @file.json, or - for standard input`);
      }
      const { name } = values;
      if (name !== undefined && !isExecutionName(name)) {
        throw new UsageError(
          `--name must have 1 to 80 characters that Step Functions accepts, such as letters, digits, - and _, not '${name}'`,
        );
      }
      const input = await readJson(given);
      const answers = await readAnswers(values);
      if (values.port !== undefined || values.endpoint !== undefined || values.deployed === true) {
        return (await import("./start-there")).startThere({ saga, input, name, answers }, values);
      }
      const { start } = await import("./start");
      return start(await load(values), { saga, input, name, answers, json: values.json === true });
    },
  },
  run: {
    options: ["json", "answer", "fail"],
    most: 1,
    async run({ rest, values }) {
      const { pipedInput } = await import("./input");
      const json = values.json === true;
      const given = rest[0] === undefined ? undefined : await readJson(rest[0]);
      const answers = await readAnswers(values);
      const loading = load(values);
      const input = rest[0] === undefined ? await pipedInput(loading) : given;
      if (input === undefined) {
        const loaded = await loading;
        if (Object.keys(answers).length > 0) {
          throw new UsageError(
            "--answer and --fail of 'run' work only with an input: an example has its own 'answers'",
          );
        }
        return (await import("./run")).runExamples(loaded, { json });
      }
      return (await import("./start")).start(await loading, { input, answers, json });
    },
  },
  dev: {
    options: ["port", "host", "expose", "time", "data", "keep", "json"],
    most: 0,
    async run({ values }) {
      const { dev, devOptions } = await import("./dev");
      const options = devOptions(values);
      return dev(await readProgram(values), options);
    },
  },
  open: {
    options: [...WHERE, "allow-writes"],
    most: 0,
    run: async ({ values }) => (await import("./open")).openConsole(values),
  },
  definition: {
    options: [],
    most: 1,
    run: async ({ rest, values }) => (await import("./definition")).definition(await load(values), rest[0]),
  },
  invoke: {
    options: ["data"],
    most: 1,
    async run({ rest: [name], values }) {
      if (name === undefined) throw new UsageError("'invoke' needs the name of a function");
      if (values.data === undefined) {
        throw new UsageError("'invoke' needs a payload: -d '{…}', -d @file.json or -d - for standard input");
      }
      const payload = await readJson(values.data);
      return (await import("./invoke")).invoke(await load(values), name, payload);
    },
  },
  verify: {
    options: ["json", "data", "format", "init", "force"],
    most: 2,
    async run({ rest: [what, name], values }) {
      const isFile = what !== undefined && (await isDefinition(what));
      for (const option of ["data", "init", "force"] as const) {
        if (isFile || values[option] === undefined) continue;
        throw new UsageError(`${option === "data" ? "-d" : `--${option}`} works only with a file to verify`);
      }
      if (!isFile && name !== undefined)
        throw new UsageError(`'verify' does not take a further argument: '${what}' is not a file`);
      if (values.force === true && values.init !== true) throw new UsageError("--force works only with --init");
      const { outputOf, verifyFile, verifyProgram } = await import("./verify");
      const output = outputOf(values);
      if (!isFile) {
        const { callersPath } = await import("./paths");
        const folder = callersPath(values.program ?? ".");
        return verifyProgram(() => load(values), { output, name: what, folder });
      }
      if (values.init === true) {
        if (values.data !== undefined) throw new UsageError("--init and -d exclude each other");
        const { initDeclarations } = await import("./init");
        return initDeclarations(what, { name, force: values.force === true });
      }
      const declaration = values.data === undefined ? undefined : await readJson(values.data);
      return verifyFile(what, { name, declaration, output });
    },
  },
  faults: {
    options: ["input", "beside", "undone", "most", "single", "pairs", "answer", "fail", "json"],
    most: 1,
    async run({ rest: [name], values }) {
      const { input, beside, undone, most } = values;
      if (input === undefined) {
        throw new UsageError("'faults' needs the saga's input: --input '{…}', @file.json, or - for standard input");
      }
      if (values.single === true && values.pairs === true) {
        throw new UsageError("--single and --pairs exclude each other");
      }
      const { faults, readUndone } = await import("./faults");
      const options = {
        input: await readJson(input),
        ...(beside !== undefined && { beside: await readJson(beside) }),
        ...(undone !== undefined && { undone: readUndone(undone) }),
        ...(most !== undefined && { most: readMost(most) }),
        pairs: values.single !== true,
        answers: await readAnswers(values),
        json: values.json === true,
      };
      return faults(await load(values), name, options);
    },
  },
  graph: {
    options: ["json", "format", "output", "execution", "definition", "data", "port", "endpoint"],
    most: 1,
    async run({ rest: [name], values }) {
      const { formatOf, graph, graphOfExecution } = await import("./graph");
      const { output, execution } = values;
      const format = formatOf(values);
      if (execution !== undefined) return graphOfExecution(execution, { name, format, output }, values);
      for (const option of ["definition", "data", "port", "endpoint"] as const) {
        const shown = option === "data" ? "-d" : `--${option}`;
        if (values[option] !== undefined) throw new UsageError(`${shown} of 'graph' works only with --execution`);
      }
      return graph(await load(values), { name, format, output });
    },
  },
  list: {
    options: [...WHERE, "status", "most"],
    most: 1,
    run: async ({ rest: [saga], values }) => (await import("./list")).list(saga, values),
  },
  show: {
    options: [...WHERE, "events", "data"],
    most: 1,
    run: async ({ rest: [execution], values }) => (await import("./show")).show(execution, values),
  },
  explain: {
    options: [...WHERE, "definition", "data"],
    most: 1,
    run: async ({ rest: [what], values }) => (await import("./explain")).explain(what, values),
  },
  logs: {
    options: WHERE,
    most: 1,
    run: async ({ rest: [execution], values }) => (await import("./logs")).logs(execution, values),
  },
  stop: {
    options: [...WHERE, "cause"],
    most: 1,
    run: async ({ rest: [execution], values }) => (await import("./stop")).stop(execution, values),
  },
  redrive: {
    options: [...WHERE, "dry-run", "force"],
    most: 1,
    run: async ({ rest: [execution], values }) => (await import("./redrive")).redrive(execution, values),
  },
  approve: {
    options: [...WHERE, "state"],
    most: 2,
    run: async ({ rest: [execution, output], values }) => (await import("./answer")).approve(execution, output, values),
  },
  reject: {
    options: [...WHERE, "state"],
    most: 2,
    run: async ({ rest: [execution, why], values }) => (await import("./answer")).reject(execution, why, values),
  },
  completion: {
    options: [],
    most: 1,
    async run({ rest: [shell] }) {
      const { completion } = await import("./completion");
      return completion(shell, new Map(Object.entries(VERBS).map(([name, { options }]) => [name, options])));
    },
  },
};

/** Whether the argument is a file, standard input or CDK's output folder, rather than a saga's name. */
async function isDefinition(what: string): Promise<boolean> {
  const { existsSync, statSync } = await import("node:fs");
  const { callersPath } = await import("./paths");
  if (what === "-" || /[/\\]|\.(json|ya?ml|template|tfstate)$/.test(what)) return true;
  const path = callersPath(what);
  if (!existsSync(path)) return false;
  return statSync(path).isFile() || (await import("./definitions/find")).isCdkOut(what);
}
