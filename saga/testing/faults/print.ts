import type { Explored, Finding, Plan } from "./explore";
import { KINDS } from "./kinds";

const WIDTHS = [34, 10, 7, 9, 9, 11] as const;

const line = (cells: readonly (string | number)[]): string =>
  cells
    .map((cell, at) => (at === 0 ? String(cell).padEnd(WIDTHS[0]) : String(cell).padStart(WIDTHS[at] ?? 0)))
    .join("");

const count = (number: number): string => number.toLocaleString("en");

const isBad = ({ violations }: Finding): boolean => violations.length > 0;
/** Nothing is wrong, but not all effects could be seen. */
const isOpen = (finding: Finding): boolean => !isBad(finding) && finding.unseen.length > 0;

/** The plan, in at most 80 columns. */
export function formatPlan({ settings, scenarios, alone, most, unseen, notes }: Plan): string {
  const number = `${scenarios > alone ? "At most " : ""}${count(scenarios)} scenarios`;
  return [
    `${number}, in ${settings.length === 1 ? "one setting" : `${settings.length} settings`}:`,
    ...settings.map((name) => `  ${name}`),
    ...(scenarios > most ? wrap(limited({ scenarios, alone, most }), "") : []),
    ...notes.flatMap((note) => wrap(note, "")),
    ...unseen.flatMap((state) =>
      wrap(`${state} changes no table and sends no message, so its effects can't be judged`, ""),
    ),
  ].join("\n");
}

/** Which scenarios are tried if there are too many for all. */
function limited({ scenarios, alone, most }: Pick<Plan, "scenarios" | "alone" | "most">): string {
  const which =
    alone < most
      ? `all ${count(alone)} with at most one fault, and an even sample of the pairs`
      : `an even sample of the ${count(alone)} with at most one fault`;
  const less = alone < most && scenarios > alone ? "; --single tries no pairs" : "";
  return `At most ${count(most)} of them are tried: ${which}, the same in each run. --most ${scenarios} tries all${less}`;
}

/** How often each fault was tried, and each scenario with a violation, in at most 80 columns. */
export function formatFindings(findings: readonly Finding[]): string {
  const row = (name: string, of: readonly Finding[]) =>
    line([
      name,
      of.length,
      of.filter(({ scenario }) => scenario.faults.length === 1).length,
      of.filter(({ scenario }) => scenario.faults.length === 2).length,
      of.filter(({ redrives }) => redrives > 0).length,
      of.filter(isBad).length,
    ]);
  return [
    line(["a call ...", "scenarios", "alone", "in pairs", "redriven", "violations"]),
    ...KINDS.map((kind) =>
      row(
        kind.name,
        findings.filter(({ scenario }) => scenario.faults.some((fault) => fault.kind === kind)),
      ),
    ),
    row("all, each counted once", findings),
    ...findings.filter(isBad).flatMap(formatViolation),
  ].join("\n");
}

/** The verdict, in a line or a few. */
export function formatVerdict({ findings, left, leftMore }: Explored): string {
  const bad = findings.filter(isBad).length;
  const open = findings.filter(isOpen);
  const states = [...new Set(open.flatMap(({ unseen }) => unseen))];
  const parts = [`${findings.length} scenarios`, `${bad} with violations`];
  if (open.length > 0) parts.push(`${open.length} not judged: the effects of ${states.join(", ")} can't be seen here`);
  if (leftMore) parts.push(`at least ${left} left out by --most: a larger number tries more`);
  else if (left > 0) parts.push(`${left} left out by --most: ${findings.length + left} tries all`);
  return wrap(parts.join(", "), "").join("\n");
}

/** Whether nothing is wrong, and the effects of at least one scenario could be judged. */
export const isSound = ({ findings }: Explored): boolean =>
  !findings.some(isBad) && findings.some((finding) => !isOpen(finding));

function formatViolation({ scenario: { setting, faults }, violations }: Finding): readonly string[] {
  return [
    "",
    ...wrap(setting.name, ""),
    ...faults.map(({ state, kind }) => `  ${state} ${kind.name}`),
    ...violations.flatMap((violation) => wrap(violation, "    ")),
  ];
}

function wrap(text: string, indent: string): readonly string[] {
  const lines = [indent];
  for (const word of text.split(" ")) {
    const at = lines.length - 1;
    const now = lines[at] as string;
    if (now.trim() === "") lines[at] = now + word;
    else if (now.length + 1 + word.length <= 80) lines[at] = `${now} ${word}`;
    else lines.push(`${indent}  ${word}`);
  }
  return lines;
}
