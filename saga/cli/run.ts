import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { isObject } from "../interpreter/json";
import type { Json, JsonObject } from "../interpreter";
import { type Outcome, OUTCOMES } from "../asl/outcome";
import type { ExecutionReport } from "../local/report";
import { mainMachine, sagaOf } from "../local/resources";
import { readStubs } from "../local/stubs";
import { readJsonFile } from "./input";
import { adviceOn } from "./advice";
import {
  type Answers,
  answerCommand,
  checkAnswers,
  checkInput,
  type LoadedProgram,
  looksOf,
  withCloud,
} from "./program";
import { printExecution, printJson, printVerdict } from "./print";
import { UsageError } from "./usage-error";

/** An example of a program: one execution. */
export interface Example {
  readonly title?: string;
  /** The saga's name; optional if the program has only one. */
  readonly saga?: string;
  readonly input: Json;
  /** The documented outcome, if there is one. */
  readonly outcome?: Outcome;
  readonly path?: readonly string[];
  /** The answers to states that wait, in the form of a file of stubs. */
  readonly answers: Answers;
}

/**
 * `saga run`: runs the examples in `examples.json` and in each JSON file in `examples/`, and checks whether each comes
 * out as documented.
 */
export async function runExamples(loaded: LoadedProgram, { json }: { json: boolean }): Promise<number> {
  const { program, project } = loaded;
  const examples = await readExamples(project.folder);
  for (const [at, example] of examples.entries()) {
    const title = example.title ?? `example ${at + 1}`;
    const declared = sagaOf(mainMachine(program, example.saga));
    if (declared !== undefined) checkInput(declared, example.input, title);
    checkAnswers(program, example.answers, `answers of ${title}`);
  }
  const tables = looksOf(program);
  const advice = adviceOn(program);
  let answers: Answers = {};
  const answer = (state: string) => answers[state];
  return withCloud(loaded, { answer }, async (cloud) => {
    const reports: ExecutionReport[] = [];
    let asDocumented = 0;
    for (const example of examples) {
      const { title, saga, input, outcome, path } = example;
      ({ answers } = example);
      const { report, visits } = await cloud.execute(input, saga);
      reports.push(report);
      const same =
        (outcome === undefined || report.outcome === outcome) &&
        (path === undefined || JSON.stringify(report.path) === JSON.stringify(path));
      if (same) asDocumented++;
      const hint =
        report.waiting &&
        answerCommand(loaded, { saga: mainMachine(program, saga).name, input, waiting: report.waiting });
      if (!json)
        printExecution({
          title,
          report,
          visits,
          tables,
          hint,
          advice,
          ...(!same && { documented: { outcome, path } }),
        });
    }
    if (json) printJson(reports);
    else printVerdict(asDocumented, examples.length);
    return asDocumented === examples.length ? 0 : 1;
  });
}

/**
 * The examples of a program's folder.
 * @throws UsageError
 */
export async function readExamples(folder: string): Promise<readonly Example[]> {
  const inFolder = join(folder, "examples");
  const files = [
    join(folder, "examples.json"),
    ...(existsSync(inFolder)
      ? readdirSync(inFolder)
          .filter((file) => file.endsWith(".json"))
          .sort()
          .map((file) => join(inFolder, file))
      : []),
  ].filter((file) => existsSync(file));
  const examples: Example[] = [];
  for (const file of files) {
    const where = relative(process.cwd(), file) || file;
    const read = await readJsonFile(file);
    if (!Array.isArray(read)) throw new UsageError(`${where} is not an array of examples, such as ${SHAPE}`);
    examples.push(...read.map((each, at) => readExample(each, `${where}[${at}]`)));
  }
  if (examples.length === 0) {
    throw new UsageError(`there are no examples in ${folder}: write examples.json, such as ${SHAPE}; or run 'start'`);
  }
  return examples;
}

const SHAPE = `[{"title": "…", "saga": "…", "input": {…}, "outcome": "completed"}]`;
const FIELDS = ["title", "saga", "input", "outcome", "path", "answers"];

function readExample(json: Json, where: string): Example {
  if (!isObject(json) || !("input" in json)) throw new UsageError(`${where} has no 'input'`);
  const { title, saga, input, outcome, path, answers = {} } = json as JsonObject & { input: Json };
  const other = Object.keys(json).find((field) => !FIELDS.includes(field));
  if (other !== undefined)
    throw new UsageError(`${where} has the unknown field '${other}'; the fields are ${FIELDS.join(", ")}`);
  if (outcome !== undefined && !OUTCOMES.some((each) => each === outcome)) {
    throw new UsageError(
      `${where} has the unknown outcome ${JSON.stringify(outcome)}; the outcomes are ${OUTCOMES.join(", ")}`,
    );
  }
  if (path !== undefined && !(Array.isArray(path) && path.every((each) => typeof each === "string"))) {
    throw new UsageError(`${where} has a 'path' that is not a list of names`);
  }
  return {
    input,
    ...(typeof title === "string" && { title }),
    ...(typeof saga === "string" && { saga }),
    ...(outcome !== undefined && { outcome: outcome as Outcome }),
    ...(path !== undefined && { path: path }),
    answers: readStubs(answers, `${where}.answers`),
  };
}
