import { spawn } from "node:child_process";
import { CONSOLE_PATH, type ConsoleOptions, type KnownMachine } from "../console/server";
import { named } from "../control/machines";
import { type Target, TargetError } from "../control/target";
import { examplesIn, knownMachines } from "./console";
import { closeBeforeEnd } from "./ending";
import { maskedJson, printJson, printNote } from "./print";
import { loadProgram } from "./program";
import { targetOf } from "./target";
import { UsageError } from "./usage-error";
import type { Values } from "./options";

/**
 * `saga open`: opens the console of `saga dev`. For a stack or another endpoint, it serves a console here until a
 * signal ends it.
 */
export async function openConsole(values: Values): Promise<number> {
  const { stack, endpoint, json = false, "allow-writes": writable = false } = values;
  if (writable && stack === undefined && endpoint === undefined) {
    throw new UsageError(
      "--allow-writes works only with --stack or --endpoint: the console of saga dev always allows writes",
    );
  }
  const target = await targetOf(values);
  if (stack === undefined && endpoint === undefined) {
    await checkDev(target);
    tell(`${target.name.replace(/\/$/, "")}${CONSOLE_PATH}`, json);
    return 0;
  }
  const { serveConsole } = await import("../console/server/serve");
  let known: ReadonlyMap<string, KnownMachine> = new Map();
  const options: ConsoleOptions = {
    target,
    writable,
    // Names in the account have another suffix than names here.
    known: (arn) => known.get(named(arn)),
    mask: maskedJson,
  };
  const served = await serveConsole(options);
  closeBeforeEnd(() => {
    served.close();
    return Promise.resolve();
  });
  tell(served.url, json);
  known = await knownIn(values);
  served.changed();
  // It ends by a signal.
  return new Promise<never>(() => {});
}

/**
 * Checks that saga dev listens there, and has a console.
 * @throws TargetError
 */
async function checkDev({ name, kind }: Target): Promise<void> {
  let status: number | undefined;
  try {
    ({ status } = await fetch(`${name.replace(/\/$/, "")}${CONSOLE_PATH}api/session`));
  } catch {
    status = undefined;
  }
  if (status === 200) return;
  const elsewhere = "or choose what to open with --stack NAME or --endpoint URL";
  if (status === undefined) {
    throw new TargetError(`nobody listens on ${name}: start 'npx saga dev' first, ${elsewhere}`);
  }
  const said = kind === "endpoint" ? ", from AWS_ENDPOINT_URL," : "";
  throw new TargetError(`the server on ${name}${said} has no console: start 'npx saga dev' first, ${elsewhere}`);
}

/** The machines of the folder's program, if there is one, with their declarations and examples. */
async function knownIn({ program: folder, stack, config }: Values): Promise<ReadonlyMap<string, KnownMachine>> {
  try {
    const { project, program } = await loadProgram({ program: folder, stack, config });
    return knownMachines(program, await examplesIn(project.folder));
  } catch (error) {
    const { name, message } = error as Error;
    if (name !== "ProjectError")
      printNote(`the console has no examples and no declarations of the program, which can't be evaluated: ${message}`);
    return new Map();
  }
}

function tell(url: string, json: boolean): void {
  if (json) printJson({ url });
  else process.stdout.write(`The console is at ${url}\n`);
  if (!json && process.stdout.isTTY) openBrowser(url);
}

/** Opens a browser, if this machine has one. Otherwise the user opens the printed address. */
function openBrowser(url: string): void {
  const command = opener(url);
  if (!command) return;
  const [file, ...args] = command;
  const started = spawn(file, args, { detached: true, stdio: "ignore" });
  started.on("error", () => {});
  started.unref();
}

/** The command that opens the address. It runs without a shell, which would interpret characters of the address. */
function opener(url: string): readonly [file: string, ...args: string[]] | undefined {
  const { platform, env } = process;
  if (env["BROWSER"] === "none") return undefined;
  if (platform === "darwin") return ["open", url];
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler", url];
  return env["DISPLAY"] === undefined && env["WAYLAND_DISPLAY"] === undefined ? undefined : ["xdg-open", url];
}
