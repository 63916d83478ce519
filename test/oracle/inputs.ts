import type { Json, JsonObject } from "./jsonata";
import { innerOf } from "./machine";
import { run, type Subject } from "./run";

/** A run that goes one way more often than that shows nothing new. */
const MOST_ENTERED = 2;

/**
 * A few of many inputs, so that whatever two things come together in a run of any of them do so in a run of one of these:
 * two states that are entered, or are not, two conditions, the lengths of two lists. Without a fault each is run once.
 */
export async function representative(
  subject: Subject,
  inputs: readonly Json[],
  most: number,
): Promise<readonly Json[]> {
  const left: { readonly input: Json; readonly pairs: ReadonlySet<string> }[] = [];
  for (const input of inputs) {
    const { entered } = await run(subject, input, new Map());
    left.push({ input, pairs: pairsOf([...fieldsOf(input), ...countsOf(subject, entered)]) });
  }
  const [seen, taken] = [new Set<string>(), [] as Json[]];
  while (left.length > 0 && taken.length < most) {
    const news = left.map(({ pairs }) => [...pairs].filter((pair) => !seen.has(pair)).length);
    const best = news.indexOf(Math.max(...news));
    const [chosen] = left.splice(best, 1);
    if (!chosen || news[best] === 0) break;
    taken.push(chosen.input);
    for (const pair of chosen.pairs) seen.add(pair);
  }
  return taken;
}

const fieldsOf = (input: Json): readonly string[] =>
  Object.entries(input as JsonObject).map(([field, value]) => `${field}: ${JSON.stringify(value)}`);

/** How often each state was entered, with those that were not. */
function countsOf({ definition }: Subject, entered: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const name of entered) counts.set(name, Math.min(MOST_ENTERED, (counts.get(name) ?? 0) + 1));
  return namesIn(definition).map((name) => `${name} ${counts.get(name) ?? 0}`);
}

const namesIn = ({ States }: Subject["definition"]): readonly string[] =>
  Object.entries(States).flatMap(([name, state]) => [name, ...innerOf(state).flatMap(namesIn)]);

function pairsOf(facts: readonly string[]): ReadonlySet<string> {
  return new Set(facts.flatMap((one, at) => facts.slice(at).map((other) => `${one}, ${other}`)));
}
