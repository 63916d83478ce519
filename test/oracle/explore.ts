import type { Declaration } from "../../saga/asl/declaration";
import { representative } from "./inputs";
import type { Json } from "./jsonata";
import { refusal, type Sequence } from "./machine";
import { randomOf } from "./random";
import { type Run, run, type Script, Subject } from "./run";

export interface Limits {
  /** How many faults a run has at most. */
  readonly faults: number;
  /** How many runs there are at most. */
  readonly runs: number;
  /** Which runs are left out, where there are more. */
  readonly seed: number;
}

export interface Verdict {
  readonly sound: boolean;
  readonly runs: number;
  /** Why it was not run. */
  readonly refused?: string;
  /** How many faults were tried in every combination that there is. */
  readonly complete: number;
  /** The first run that offends. */
  readonly bad?: Run & { readonly input: Json };
}

interface Task {
  readonly input: Json;
  readonly script: Script;
  /** The first choice that a further fault may change. */
  readonly from: number;
  /** Whether its last fault is an action's. */
  readonly forward: boolean;
}

/** So many inputs lead a definition most of its ways. */
const MOST_INPUTS = 8;

/**
 * Runs a definition without a fault, then with each one that there may be, then with each two, until the cap is reached
 * or a run offends: of those with most faults the cap leaves out some, by lot.
 */
export async function explore(
  definition: unknown,
  declaration: Declaration,
  candidates: readonly Json[],
  limits: Limits,
): Promise<Verdict> {
  const refused = refusal(definition, declaration);
  if (refused !== undefined) return { sound: false, runs: 0, refused, complete: -1 };
  const subject = new Subject(definition as Sequence, declaration);
  const random = randomOf(limits.seed);
  const inputs = await representative(subject, candidates, MOST_INPUTS);
  let tasks: readonly Task[] = inputs.map((input) => ({ input, script: new Map(), from: 0, forward: true }));
  let [runs, completes] = [0, false];
  for (let faults = 0; faults <= limits.faults; faults++) {
    const next: Task[] = [];
    for (const { input, script, from } of tasks) {
      if (runs++ >= limits.runs) return { sound: true, runs: limits.runs, complete: faults - 1 };
      const done = await run(subject, input, script);
      completes ||= done.end === "SUCCEEDED";
      if (done.offences.length > 0) return { sound: false, runs, complete: faults - 1, bad: { ...done, input } };
      for (const [at, { options, forward }] of done.choices.entries()) {
        if (at < from) continue;
        for (let option = 1; option < options; option++) {
          next.push({ input, script: new Map([...script, [at, option]]), from: at + 1, forward });
        }
      }
    }
    if (!completes) {
      const bad = await run(subject, inputs[0] as Json, new Map());
      const but = bad.raised.length > 0 ? ` but what ${bad.raised.join(" and ")} computes` : "";
      const offence = { rule: "S6", what: `nothing fails${but}, and it never completes: it ends ${bad.end}` } as const;
      return { sound: false, runs, complete: -1, bad: { ...bad, offences: [offence], input: inputs[0] as Json } };
    }
    tasks = alternate(random.shuffle(next));
  }
  return { sound: true, runs, complete: limits.faults };
}

/** What goes wrong on the way back is seldom but serious: the cap is to leave out no more of it than of the way there. */
function alternate(tasks: readonly Task[]): readonly Task[] {
  const [there, back] = [tasks.filter(({ forward }) => forward), tasks.filter(({ forward }) => !forward)];
  const most = Math.max(there.length, back.length);
  return Array.from({ length: most }, (_, at) => [there[at], back[at]])
    .flat()
    .filter((task) => task !== undefined);
}
