import { variablesAt } from "../control/story";
import { examine, type Examined } from "./examined";
import { beginningOf, legible, paint, printJson, wrap } from "./print";
import { at, elapsed, outcomeLine, pathLines } from "./print-story";
import { placeOf } from "./target";
import type { Values } from "./options";

/** `saga show`: prints the states of an execution, and its variables. */
export async function show(named: string | undefined, values: Values): Promise<number> {
  const examined = await examine(await placeOf(values), named, values);
  if (values.json === true) printJson(jsonOf(examined));
  else process.stdout.write(`${linesOf(examined, values.events === true).join("\n")}\n`);
  return 0;
}

/** All that is known of an execution, as data. */
export function jsonOf({ arn, saga, story, ledger, advice, recovery }: Examined) {
  const { outcome, started, ended, input, output, error, cause, events, turns } = story;
  return {
    arn,
    saga,
    outcome,
    started: new Date(started),
    ended: ended === undefined ? undefined : new Date(ended),
    redrives: turns.filter((turn) => turn.outcome === "running").length - 1,
    input,
    output,
    error,
    cause,
    path: story.path.map((visit) => ({ ...visit, within: visit.within?.instance })),
    variables: variablesAt(story, Infinity),
    ledger,
    advice,
    recovery: recovery && { arn: recovery.arn, outcome: recovery.story.outcome },
    events,
  };
}

function linesOf({ arn = "", saga, story }: Examined, withEvents: boolean): readonly string[] {
  const { started, ended, input, output, events } = story;
  const took = ended === undefined ? "" : `, ${elapsed(ended - started)}`;
  const variables = Object.entries(variablesAt(story, Infinity));
  const width = Math.min(24, Math.max(...variables.map(([name]) => name.length), 0));
  return [
    paint("bold", legible(`${saga} ${arn.replace(/^.*:/, "")}`)),
    `  ${legible(arn)}`,
    `  started  ${at(started)}${took}`,
    ...(input === undefined ? [] : wrap("input    ", beginningOf(JSON.stringify(input)))),
    ...pathLines(story),
    ...outcomeLine(story),
    ...(output === undefined ? [] : wrap("output   ", beginningOf(JSON.stringify(output)))),
    ...(variables.length === 0 ? [] : ["  variables"]),
    ...variables.flatMap(([name, value]) =>
      wrap(`  ${name.padEnd(width)}  `, beginningOf(JSON.stringify(value), MOST_OF_VARIABLE)),
    ),
    ...(withEvents ? ["  events"] : []),
    ...(withEvents
      ? events.map(({ id, type, timestamp, state, error }) => {
          const since = `+${elapsed(timestamp - started)}`;
          return `  ${String(id).padStart(6)}  ${since.padStart(12)}  ${type}${state === undefined ? "" : `  ${legible(state)}`}${error === undefined ? "" : `  ${legible(error)}`}`;
        })
      : []),
  ];
}

/** The characters of a variable that are printed. There may be many. */
const MOST_OF_VARIABLE = 300;
