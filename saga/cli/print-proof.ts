import {
  HISTORY_LIMIT,
  type OutcomeBudget,
  RULES,
  storiesOf,
  type Story,
  type Unproved,
  type Verdict,
} from "../verify";
import { duration } from "./duration";
import { paint, wrap } from "./print";

/** The assumption of every proof, which no definition can show. It is printed in the order of the rules' numbers. */
const ASSUMED = "an undo undoes what its action did: check it with checkTaskContract, or saga faults";

/** Prints what is proved of a saga, its counterexamples, and its budgets, in 80 columns. */
export function printProof(verdict: Verdict): void {
  const { saga, proved, unproved, violations, states, budgets } = verdict;
  const lines = [
    `${paint("bold", saga)}  ${headline(verdict)}  (${states.toLocaleString("en")} states searched)`,
    "",
    ...Object.entries(RULES).flatMap(([rule, says]) => {
      const [mark, style] = proved.some((one) => one === rule)
        ? (["proved", "green"] as const)
        : violations.some((one) => one.rule === rule)
          ? (["broken", "red"] as const)
          : (["open", "dim"] as const);
      const [first = "", ...more] = wrap(`${rule.padEnd(10)}  ${mark.padEnd(6)}  `, says);
      const assumed = rule === "S4" ? wrap(`${"S3".padEnd(10)}  assumed `, ASSUMED) : [];
      return [...assumed, first.replace(mark, paint(style, mark)), ...more];
    }),
    ...openLines(unproved),
    "",
    ...storiesOf(violations).flatMap(storyLines),
    ...budgetLines(budgets),
    "",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** A definition is sound only if every rule is proved. */
function headline({ sound, unproved, violations }: Verdict): string {
  if (!sound) return paint("red", `not sound: ${counted(violations.length, "violation")}`);
  const open = new Set(unproved.map(({ rule }) => rule)).size;
  return open === 0 ? paint("green", "sound") : paint("yellow", `no violation found, ${counted(open, "rule")} open`);
}

const counted = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

/** Why rules are open, each reason once; and the ways out, each once, at the last reason that has it. */
function openLines(unproved: readonly Unproved[]): string[] {
  const reasons = new Map<string, { readonly rules: string[]; readonly hint: string | undefined }>();
  for (const { rule, why, hint } of unproved) {
    reasons.set(why, { rules: [...(reasons.get(why)?.rules ?? []), rule], hint });
  }
  const all = [...reasons];
  return all.flatMap(([why, { rules, hint }], at) => [
    ...wrap("  ", `open: ${rules.join(", ")}: ${why}`),
    ...(hint === undefined || all[at + 1]?.[1].hint === hint ? [] : wrap("  → ", hint)),
  ]);
}

function storyLines({ rule, message, hint, steps }: Story): string[] {
  return [
    ...wrap("", `${rule}: ${message}`).map((line) => paint("red", line)),
    ...steps.flatMap((line) => {
      const indent = /^ */.exec(line)?.[0] ?? "";
      return wrap(`    ${indent}`, line.trim());
    }),
    ...wrap("→ ", hint),
    "",
  ];
}

function budgetLines({ outcomes, items, mostItems, waitsUntil, payload }: Verdict["budgets"]): string[] {
  const count = (n: number): string => n.toLocaleString("en");
  return [
    "  at most       states  transitions  $ for 1,000      longest  history events",
    ...outcomes.map(outcomeLine),
    ...(outcomes.some(({ exceeds }) => exceeds.length > 0)
      ? wrap(
          "* ",
          `beyond ${count(HISTORY_LIMIT)} history events, or a year, an execution ends in the middle, without its undos: only its recovery undoes it (S12)`,
        )
      : []),
    ...(items === undefined
      ? []
      : wrap(
          "",
          `with ${items} items in each list; with ${count(mostItems ?? 0)} the history reaches its limit of ${count(HISTORY_LIMIT)} events`,
        )),
    ...(waitsUntil.length === 0 ? [] : wrap("", `plus the time that ${waitsUntil.join(", ")} waits`)),
    ...(payload
      ? wrap(
          "",
          `least room for data: ${payload.state}'s ${payload.part}, ${count(payload.bytesEach)} bytes for each of ${payload.references} references`,
        )
      : []),
  ];
}

function outcomeLine(budget: OutcomeBudget): string {
  const number = (value: number, width: number): string =>
    (Number.isFinite(value) ? value.toLocaleString("en") : "no bound").padStart(width);
  const { outcome, states, transitions, dollarsPerThousand, seconds, events, exceeds } = budget;
  const price = Number.isFinite(dollarsPerThousand) ? dollarsPerThousand.toFixed(3) : "no bound";
  return `  ${outcome.padEnd(11)}${number(states, 9)}${number(transitions, 13)}${price.padStart(13)}${duration(seconds).padStart(13)}${number(events, 16)}${exceeds.length > 0 ? ` ${paint("red", "*")}` : ""}`;
}
