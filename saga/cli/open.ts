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
 * `saga open`: the console that `saga dev` serves; or, of a stack or another endpoint, one that is served here until a signal
 * ends it.
 */
export async function openConsole(values: Values): Promise<number> {
  const { stack, endpoint, json = false, "allow-writes": writable = false } = values;
  if (writable && stack === undefined && endpoint === undefined) {
    throw new UsageError("--allow-writes goes with --stack or --endpoint: what saga dev runs may be changed anyhow");
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
    // Names in an account end otherwise than here.
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
 * Whether saga dev listens there, and has a console.
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
  const elsewhere = "or say what to open with --stack NAME or --endpoint URL";
  if (status === undefined) {
    throw new TargetError(`nobody listens on ${name}: start 'npx saga dev' first, ${elsewhere}`);
  }
  const said = kind === "endpoint" ? ", which AWS_ENDPOINT_URL names," : "";
  throw new TargetError(`what listens on ${name}${said} has no console: start 'npx saga dev' first, ${elsewhere}`);
}

/** What the program of the folder says, where there is one: of its machines, and with which examples they are started. */
async function knownIn({ program: folder, stack, config }: Values): Promise<ReadonlyMap<string, KnownMachine>> {
  try {
    const { project, program } = await loadProgram({ program: folder, stack, config });
    return knownMachines(program, await examplesIn(project.folder));
  } catch (error) {
    const { name, message } = error as Error;
    if (name !== "ProjectError") printNote(`the program is left out, since it can't be evaluated: ${message}`);
    return new Map();
  }
}

function tell(url: string, json: boolean): void {
  if (json) printJson({ url });
  else process.stdout.write(`The console is at ${url}\n`);
  if (!json && process.stdout.isTTY) openBrowser(url);
}

/** Opens a browser, where this machine has one: else whoever reads the address does. */
function openBrowser(url: string): void {
  const command = opener(url);
  if (!command) return;
  const [file, ...args] = command;
  const started = spawn(file, args, { detached: true, stdio: "ignore" });
  started.on("error", () => {});
  started.unref();
}

/** Without a shell, for which an address would be words. */
function opener(url: string): readonly [file: string, ...args: string[]] | undefined {
  const { platform, env } = process;
  if (env["BROWSER"] === "none") return undefined;
  if (platform === "darwin") return ["open", url];
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler", url];
  return env["DISPLAY"] === undefined && env["WAYLAND_DISPLAY"] === undefined ? undefined : ["xdg-open", url];
}
