import { existsSync } from "node:fs";
import type { Declaration } from "../asl/declaration";
import type { RawStates } from "../asl/states";
import type { HistoryEvent } from "../control/history";
import { declarationFor, examine, type Examined, judged } from "./examined";
import { readJsonFile } from "./input";
import { callersPath } from "./paths";
import { beginningOf, legible, paint, printJson, printNote, wrap } from "./print";
import { adviceLines, ledgerLines, outcomeLine, pathLines } from "./print-story";
import { jsonOf } from "./show";
import { placeOf } from "./target";
import { UsageError } from "./usage-error";
import { loadProgram } from "./program";
import type { Values } from "./options";

/** `saga explain`: prints an execution in the form of a local run, its effects, and what to do about it. */
export async function explain(named: string | undefined, values: Values): Promise<number> {
  const examined = await examineNamed(named, values);
  if (values.json === true) printJson(jsonOf(examined));
  else process.stdout.write(`${linesOf(examined).join("\n")}\n`);
  return 0;
}

/**
 * An execution, by its ARN, its name, or the file of its saved history. Default: the latest execution.
 * @param saga The saga that it must belong to.
 */
export async function examineNamed(named: string | undefined, values: Values, saga?: string): Promise<Examined> {
  const isFile =
    named !== undefined && !named.startsWith("arn:") && (/\.json$/.test(named) || existsSync(callersPath(named)));
  if (isFile) return examineFile(named, values);
  if (values.definition !== undefined) throw new UsageError("--definition works only with the file of a saved history");
  return examine(await placeOf(values, saga), named, values);
}

/** An execution as `explain` prints it. */
export function linesOf(examined: Examined): readonly string[] {
  const { saga, arn, story, declaration, ledger, recovery } = examined;
  const title = arn === undefined ? saga : `${saga} ${arn.replace(/^.*:/, "")}`;
  const { output, recovers } = story;
  // The input of a recovery contains the input of the execution that it recovers.
  const input = recovers === undefined ? story.input : (story.input as { readonly input?: unknown }).input;
  return [
    paint("bold", legible(title)),
    ...(recovers === undefined ? [] : wrap("undoes   ", recovers)),
    ...(input === undefined ? [] : wrap("input    ", beginningOf(JSON.stringify(input)))),
    ...pathLines(story),
    ...outcomeLine(story),
    ...(output === undefined || recovers !== undefined ? [] : wrap("output   ", beginningOf(JSON.stringify(output)))),
    ...(recovery === undefined
      ? []
      : ["", ...wrap("recovery ", recovery.arn), ...pathLines(recovery.story), ...outcomeLine(recovery.story)]),
    "",
    ...(declaration
      ? ["  effects", ...ledgerLines(ledger)]
      : wrap(
          "effects  ",
          "not known: no declaration says which task undoes which. Give one with -d, as JSON or @file.saga.json",
        )),
    "",
    ...adviceLines(examined),
  ];
}

/** A history that the AWS CLI has saved, with the definition from a file, or from the program that deployed it. */
async function examineFile(file: string, values: Values): Promise<Examined> {
  const [{ HistoryError, readHistory }, { storyOf }] = await Promise.all([
    import("../control/history"),
    import("../control/story"),
  ]);
  const json = await readJsonFile(file);
  let events: readonly HistoryEvent[];
  try {
    events = readHistory(json);
  } catch (error) {
    if (error instanceof HistoryError) throw new UsageError(`${file} ${error.message}`);
    throw error;
  }
  const { definition, declaration } = await definitionFor(file, events, values);
  const story = storyOf({ events, definition, declaration });
  const arn = arnIn(events);
  const { noteIn } = await import("../asl/machine-note");
  const saga = noteIn(definition).saga ?? declaration?.saga ?? file;
  const options = optionsFor(arn, values);
  const recovered = story.recovers === undefined ? arn : undefined;
  return {
    saga,
    arn: recovered,
    story,
    definition,
    declaration,
    ...(await judged({ story, declaration, recovery: undefined, arn: recovered, options })),
  };
}

/** The options with which a command finds the execution. The account of this machine needs none. */
function optionsFor(arn: string | undefined, { stack, endpoint, port }: Values): string {
  if (stack !== undefined) return `--stack ${stack}`;
  if (endpoint !== undefined) return `--endpoint ${endpoint}`;
  if (port !== undefined) return `--port ${port}`;
  return arn === undefined || arn.includes(":000000000000:") ? "" : "--stack NAME";
}

/** A history does not contain the execution's ARN, but each call of a saga does (S11). */
function arnIn(events: readonly HistoryEvent[]): string | undefined {
  for (const { parameters } of events) {
    const { Payload } = (parameters ?? {}) as { readonly Payload?: { readonly saga?: { readonly id?: unknown } } };
    const id = Payload?.saga?.id;
    if (typeof id === "string") return id;
  }
  return undefined;
}

interface Read {
  readonly definition: RawStates;
  readonly declaration: Declaration | undefined;
}

async function definitionFor(file: string, events: readonly HistoryEvent[], values: Values): Promise<Read> {
  if (values.definition !== undefined) return definitionIn(values.definition, values);
  const entered = [
    ...new Set(
      events.flatMap(({ type, state }) => (type.endsWith("StateEntered") && state !== undefined ? [state] : [])),
    ),
  ];
  const { program } = await loadProgram(values);
  const { definitionOf, machinesOf } = await import("../local/resources");
  const { declarationIn } = await import("./verify");
  const { spotsOf } = await import("../control/spots");
  const fits = machinesOf(program).flatMap((machine) => {
    const definition = definitionOf(machine) as unknown as RawStates;
    const states = spotsOf(definition, undefined);
    return entered.every((state) => states.has(state)) ? [{ machine, definition }] : [];
  });
  const [found] = fits;
  if (!found) {
    throw new UsageError(
      `no machine of the program has all the states that ${file} enters, such as '${entered[0] ?? ""}': give the definition on which it ran with --definition FILE`,
    );
  }
  const { definition, machine } = found;
  const declaration = (await declarationFor(definition, values)) ?? declarationIn(program, machine);
  return { definition, declaration };
}

/** A definition from a file, with the declaration beside it. */
async function definitionIn(file: string, values: Values): Promise<Read> {
  const [{ selectMachines }, { definitionOfFound }, beside] = await Promise.all([
    import("./definitions/select"),
    import("./definitions/select"),
    import("./definitions/declarations"),
  ]);
  const { machines, only } = await selectMachines(file, undefined);
  const [machine, ...more] = machines;
  if (!machine || more.length > 0) throw new UsageError(`'${file}' has several state machines: give a file with one`);
  const definition = definitionOfFound(machine, { file, only });
  const where = beside.declarationFileOf(file, machine.name, only);
  const given = await declarationFor(definition, values);
  if (given === undefined && where === undefined) {
    printNote(
      `no declaration says which task undoes which: there is no '${beside.besideOf(file, only ? undefined : machine.name)}', and no -d`,
    );
  }
  return {
    definition,
    declaration: given ?? (where === undefined ? undefined : await beside.readDeclarationFile(where)),
  };
}
