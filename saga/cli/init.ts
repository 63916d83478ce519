import { existsSync } from "node:fs";
import { besideOf } from "./definitions/declarations";
import { type Found, isRead } from "./definitions/found";
import { type Guess, guessCalls } from "./definitions/guess";
import { definitionOfFound, selectMachines } from "./definitions/select";
import { callersPath, commandName } from "./paths";
import { legible, paint, printNote, wrap } from "./print";
import { quoted } from "./program";
import { UsageError } from "./usage-error";
import { writeFile } from "./write-file";

/**
 * `saga verify --init`: drafts a declaration of each machine in a file, or of the named one, for the user to edit. It
 * contains the role that each task seems to have, and why.
 * @throws UsageError if a declaration exists, unless it is to be replaced
 */
export async function initDeclarations(
  file: string,
  { name, force }: { name?: string | undefined; force: boolean },
): Promise<number> {
  if (file === "-") throw new UsageError("--init writes a file beside the one that it reads: name a file");
  const { machines, only } = await selectMachines(file, name);
  const readable = machines.filter((each) => only || name !== undefined || isRead(each));
  if (readable.length === 0) throw new UsageError(unreadIn(file, machines));
  const drafts = readable.map((found) => {
    const to = besideOf(file, only ? undefined : found.name);
    return { found, to, guesses: guessCalls(definitionOfFound(found, { file, only })) };
  });
  const there = drafts.filter(({ to }) => existsSync(callersPath(to))).map(({ to }) => `'${to}'`);
  if (there.length > 0 && !force) {
    throw new UsageError(
      `${there.join(", ")} ${there.length === 1 ? "exists" : "exist"} already: edit it, or replace it with --force`,
    );
  }
  for (const { found, to, guesses } of drafts) {
    const calls = Object.fromEntries(guesses);
    writeFile(to, `${JSON.stringify({ saga: found.name, calls }, null, 2)}\n`);
    tell(to, guesses);
  }
  for (const each of machines)
    if (!readable.includes(each) && !isRead(each)) printNote(`'${each.name}' ${each.unread}`);
  const which = name === undefined ? "" : ` ${quoted(name)}`;
  process.stdout.write(
    `${wrap("", `Names prove nothing: check each role, and then run ${commandName()} verify ${quoted(file)}${which}`).join("\n")}\n`,
  );
  return 0;
}

const unreadIn = (file: string, machines: readonly Found[]): string =>
  machines.flatMap((each) => (isRead(each) ? [] : [`'${each.name}' in '${file}' ${each.unread}`])).join("; ");

function tell(file: string, guesses: ReadonlyMap<string, Guess>): void {
  const open = [...guesses.values()].filter(({ role }) => role === "?").length;
  const decide = open === 0 ? "" : `, ${open} of them undecided`;
  const lines = [
    `${paint("bold", legible(file))}  ${guesses.size} call${guesses.size === 1 ? "" : "s"}${decide}`,
    ...[...guesses].flatMap(([name, { role, why }]) => [
      `  ${paint(role === "?" ? "red" : "green", role.padEnd(11))}  ${legible(name)}`,
      ...wrap("             ", why),
    ]),
    "",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}
