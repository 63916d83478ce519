import { createRequire } from "node:module";
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { placeOf } from "../local/error-place";
import { HELP, HELP_OF } from "./help";
import { EVERYWHERE, OPTIONS, type Values } from "./options";
import { commandName } from "./paths";
import { printError } from "./print";
import { similarTo } from "./similar";
import { UsageError } from "./usage-error";
import { VERBS } from "./verbs";

/** Runs a command line, prints what is wrong with it, and returns the exit code. */
export const command = (args: string[]): Promise<number> => follow(args).catch(complain);

async function follow(args: string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.version) {
    process.stdout.write(`${packageVersion()}\n`);
    return 0;
  }
  const asksForHelp = positionals[0] === "help";
  const [name, ...rest] = asksForHelp ? positionals.slice(1) : positionals;
  if (values.help || asksForHelp) {
    process.stdout.write((Object.hasOwn(HELP_OF, name ?? "") && HELP_OF[name as string]) || HELP);
    return 0;
  }
  if (name === undefined) throw new UsageError("no command is given");
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (!verb) {
    const meant = similarTo(name, Object.keys(VERBS));
    const then = meant === undefined ? `; the commands are ${Object.keys(VERBS).join(", ")}` : didYouMean(meant);
    throw new UsageError(`no command '${name}'${then}`);
  }
  const extra = rest[verb.most];
  if (extra !== undefined) {
    throw new UsageError(`'${name}' does not take a further argument: ${JSON.stringify(extra)}`);
  }
  for (const option of Object.keys(values) as (keyof Values)[]) {
    if (EVERYWHERE.includes(option) || verb.options.includes(option)) continue;
    const takers = Object.entries(VERBS).flatMap(([each, { options }]) =>
      options.includes(option) ? [`'${each}'`] : [],
    );
    const last = takers.pop() as string;
    const shown = option === "data" ? "-d" : `--${option}`;
    throw new UsageError(`${shown} works only with ${takers.length > 0 ? `${takers.join(", ")} and ` : ""}${last}`);
  }
  return verb.run({ rest, values });
}

/** The options of the command itself, which no verb takes. */
const OF_ITS_OWN = { help: { type: "boolean", short: "h" }, version: { type: "boolean" } } as const;

/** The version of the package, which is two folders above this one, in a checkout and in the package. */
const packageVersion = (): string => (createRequire(__filename)("../../package.json") as { version: string }).version;

function parse(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { ...OPTIONS, ...OF_ITS_OWN } });
  } catch (error) {
    // Node adds advice on arguments that begin with a dash. No command takes one.
    const said = (error as Error).message.replace(/ To specify a positional argument .*$/s, "").replace(/\.$/, "");
    const [, unknown] = /^Unknown option '--([^']+)'/.exec(said) ?? [];
    const meant = unknown === undefined ? undefined : similarTo(unknown, Object.keys({ ...OPTIONS, ...OF_ITS_OWN }));
    throw new UsageError(meant === undefined ? said : `${said}${didYouMean(`--${meant}`)}`);
  }
}

const didYouMean = (word: string): string => `, did you mean '${word}'?`;

/** The errors of a command line, or of a file that it names, rather than of the program. */
const USAGE: ReadonlySet<string> = new Set([
  "NoSuchResource",
  "ProjectError",
  "StubError",
  "NotOnThisMachine",
  "DataError",
  "NotThere",
  "StoryError",
]);

/** Prints in one line what went wrong, and returns the exit code. */
export function complain(error: unknown): number {
  if (error instanceof UsageError) {
    printError(`${error.message}${error.message.endsWith("?") ? " See" : "; see"} ${commandName()} --help`);
    return 2;
  }
  const thrown = error instanceof Error ? error : new Error(String(error));
  const { name, message } = thrown;
  if (USAGE.has(name)) {
    printError(message);
    return 2;
  }
  // The command line is right, but the command could not be carried out.
  if (name === "TargetError" || name === "NotPossible") {
    printError(message);
    return 1;
  }
  // A SagaDefinitionError names the saga and the step. For other errors of the program, the place is added.
  const place = name === "SagaDefinitionError" ? undefined : placeOf(thrown);
  printError(`${name}: ${message}${place === undefined ? "" : ` (${relative(process.cwd(), place)})`}`);
  return 1;
}
