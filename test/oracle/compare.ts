import { type Rule, verify } from "../../saga/verify";
import { EXPLAINED } from "./differences";
import { explore, type Limits, type Verdict } from "./explore";
import { MUTATORS, mutate } from "./mutators";
import { randomOf } from "./random";
import { type Case, generated } from "./sagas";

/** What the two say of one case. */
export interface Comparison {
  readonly mutation: string;
  readonly case: Case;
  readonly runs: number;
  /**
   * Sound and bad by both; a proof of what is bad, or what is bad said to be not proved; an alarm where nothing is; or
   * nothing to compare, and why.
   */
  readonly outcome:
    "sound" | "bad" | "false proof" | "not proved" | "false alarm" | "crash" | "refused" | "given up" | "house rule";
  readonly oracle: Verdict;
  /** The verifier's findings, a line each. */
  readonly verifier: readonly string[];
  /** Why they differ, where that is known. */
  readonly explained?: string;
}

/** Of what breaks these, runs show nothing: the definition is not taken, or it is for the house to want it. */
const REFUSES: ReadonlySet<Rule> = new Set(["definition", "assignment"]);
const HOUSE: ReadonlySet<Rule> = new Set(["S7", "S13"]);
/** A mutant may have loops without end. */
const MOST_STATES = 20_000;
/** Where the verifier warns and the oracle has seen nothing, it looks so many times more. */
const SECOND_LOOK = 10;

interface Found {
  readonly sound: boolean;
  readonly gaveUp: boolean;
  readonly crashed?: boolean;
  readonly rules: readonly Rule[];
  /** Rules that it does not prove, nor find broken. */
  readonly open?: readonly string[];
  readonly lines: readonly string[];
}

function verified({ definition, declaration }: Case): Found {
  try {
    const { sound, violations, unproved } = verify(definition as never, declaration, { limit: MOST_STATES });
    const lines = violations.map(({ rule, state, message }) => `${rule} ${state ?? ""}: ${message}`);
    return {
      sound,
      gaveUp: false,
      rules: violations.map(({ rule }) => rule),
      open: unproved.map(({ rule }) => rule),
      lines,
    };
  } catch (error) {
    const { name, message } = error as Error;
    const crashed = name !== "SearchLimitError" && name !== "DefinitionError";
    if (crashed) return { sound: false, gaveUp: false, crashed, rules: [], lines: [`${name}: ${message}`] };
    return { sound: false, gaveUp: name === "SearchLimitError", rules: ["definition"], lines: [`${name}: ${message}`] };
  }
}

export async function compare(mutation: string, tried: Case, limits: Limits): Promise<Comparison> {
  const { definition, declaration, inputs } = tried;
  const found = verified(tried);
  let oracle = await explore(definition, declaration, inputs, limits);
  let runs = oracle.runs;
  const refuses = found.rules.some((rule) => REFUSES.has(rule));
  const house = found.rules.every((rule) => HOUSE.has(rule));
  if (oracle.sound && !found.sound && !refuses && !house) {
    oracle = await explore(definition, declaration, inputs, { ...limits, runs: limits.runs * SECOND_LOOK });
    runs += oracle.runs;
  }
  const outcome = ((): Comparison["outcome"] => {
    if (oracle.refused !== undefined) return "refused";
    if (found.crashed) return "crash";
    const said = oracle.bad?.offences.every(({ rule }) => found.open?.includes(rule)) ?? false;
    if (!oracle.sound) return !found.sound ? "bad" : said ? "not proved" : "false proof";
    if (found.sound) return "sound";
    if (found.gaveUp) return "given up";
    if (refuses) return "refused";
    return house ? "house rule" : "false alarm";
  })();
  const comparison = { mutation, case: tried, runs, outcome, oracle, verifier: found.lines };
  const explained = EXPLAINED.find((each) => each.outcome === outcome && each.explains(comparison))?.why;
  return explained === undefined ? comparison : { ...comparison, explained };
}

export interface Size {
  readonly sagas: number;
  /** How many mutants of each saga. */
  readonly mutants: number;
  readonly seed: number;
  readonly limits: Omit<Limits, "seed">;
}

/**
 * Generated sagas, and mutants of each: every kind in its turn.
 *
 * @param onCompared Called with each comparison as soon as it is made.
 */
export async function campaign(
  { sagas, mutants, seed, limits }: Size,
  onCompared: (comparison: Comparison) => void = () => undefined,
): Promise<readonly Comparison[]> {
  const random = randomOf(seed);
  const comparisons: Comparison[] = [];
  const note = (comparison: Comparison): void => {
    comparisons.push(comparison);
    onCompared(comparison);
  };
  let kinds: readonly string[] = [];
  const next = (): string => {
    if (kinds.length === 0) kinds = random.shuffle(Object.keys(MUTATORS));
    const [first, ...rest] = kinds;
    kinds = rest;
    return first as string;
  };
  for (const saga of generated(sagas, seed)) {
    note(await compare(UNCHANGED, saga, { ...limits, seed }));
    const size = comparisons.length + mutants;
    // Some kinds have no place in some sagas.
    for (let tries = 0; comparisons.length < size && tries < mutants * 4; tries++) {
      const kind = next();
      const mutant = mutate(saga, kind, random);
      if (mutant) note(await compare(kind, mutant, { ...limits, seed }));
    }
  }
  return comparisons;
}

/** As the saga was compiled. */
export const UNCHANGED = "unchanged";

export const disagree = ({ outcome }: Comparison): boolean => ["false proof", "false alarm", "crash"].includes(outcome);

/** The figures of a campaign, a line each. */
export function figures(comparisons: readonly Comparison[]): string {
  const mutants = comparisons.filter(({ mutation }) => mutation !== UNCHANGED);
  const count = (outcome: Comparison["outcome"], of: readonly Comparison[] = mutants): number =>
    of.filter((each) => each.outcome === outcome).length;
  const unexplained = (outcome: Comparison["outcome"]): number =>
    comparisons.filter((each) => each.outcome === outcome && each.explained === undefined).length;
  const differ = (outcome: "false proof" | "false alarm" | "crash"): string =>
    `${count(outcome, comparisons)}, ${unexplained(outcome)} of them unexplained`;
  const sagas = comparisons.length - mutants.length;
  const reasons = EXPLAINED.map(({ outcome, why }) => {
    const explained = comparisons.filter((each) => each.explained === why).length;
    return explained === 0 ? undefined : `  ${explained} × ${outcome}: ${why}`;
  }).filter((line) => line !== undefined);
  return [
    `sagas: ${sagas}, ${count("sound", comparisons) - count("sound")} of them sound by both`,
    `mutants: ${mutants.length} of ${new Set(mutants.map(({ mutation }) => mutation)).size} kinds`,
    `  bad by both: ${count("bad")}; bad, and not proved: ${count("not proved")}; sound by both: ${count("sound")}`,
    `  not compared: ${count("refused")} refused, ${count("given up")} given up, ${count("house rule")} against a house rule alone`,
    `runs: ${comparisons.reduce((sum, { runs }) => sum + runs, 0)}`,
    `proved by the verifier, bad by the oracle: ${differ("false proof")}`,
    `crashes of the verifier: ${differ("crash")}`,
    `sound by the oracle, refused by the verifier: ${differ("false alarm")}`,
    ...(reasons.length > 0 ? ["explained:", ...reasons] : []),
  ].join("\n");
}

/** One disagreement, to be looked into. */
export function story({ mutation, outcome, oracle, verifier, explained, ...rest }: Comparison): string {
  const { bad } = oracle;
  return [
    `${outcome}: ${mutation}${explained === undefined ? "" : ` (${explained})`}`,
    ...(bad
      ? [
          ...bad.offences.map(({ rule, what }) => `  oracle: ${rule}: ${what}`),
          `  faults: ${bad.faults.join("; ") || "none"}`,
          `  states: ${bad.entered.slice(0, 40).join(" ")}`,
          `  it ends ${bad.end}; left: ${bad.left.join(", ") || "nothing"}`,
        ]
      : [`  oracle: sound in ${oracle.runs} runs, complete up to ${oracle.complete} faults`]),
    ...verifier.map((line) => `  verifier: ${line}`),
    ...(explained === undefined ? [JSON.stringify(rest.case)] : []),
  ].join("\n");
}
