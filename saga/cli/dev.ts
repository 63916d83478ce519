import { relative } from "node:path";
import type { CloudOptions, LocalCloud } from "../local/cloud";
import type { PlainProgram } from "../local/dev/follow";
import type { Time } from "../local/clock";
import { outcomeOf } from "../asl/outcome";
import { machinesOf as machinesIn, startableMachines } from "../local/resources";
import type { KnownExecution } from "../local/step-functions/executions";
import { CONSOLE_PATH } from "../console/server";
import { closeBeforeEnd } from "./ending";
import { columns, hideSecrets, legible, paint, printJsonLine, printNote, type Style } from "./print";
import type { ReadProgram } from "./program";
import { readPort } from "./numbers";
import { UsageError } from "./usage-error";

export interface DevOptions {
  readonly port: number;
  readonly host: string;
  readonly exposed: boolean;
  readonly time: Time;
  readonly json: boolean;
  /** The folder in which the cloud's data outlives the process. */
  readonly data?: string;
  /** How many ended executions are kept, and how many stuck ones. */
  readonly keep: number;
}

/** Its options on the command line. */
interface DevValues {
  readonly port?: string | undefined;
  readonly host?: string | undefined;
  readonly expose?: boolean | undefined;
  readonly time?: string | undefined;
  readonly json?: boolean | undefined;
  readonly data?: string | undefined;
  readonly keep?: string | undefined;
}

/** The default: other emulators of AWS listen there too. */
const PORT = 4566;
/** The default. A history of the order saga has some thirty events, so all of them take a few megabytes. */
const KEEP = 1000;

/**
 * Reads the options of `saga dev`.
 * @throws UsageError
 */
export function devOptions(values: DevValues): DevOptions {
  const { port = String(PORT), host = "127.0.0.1", expose = false, time = "real", json = false } = values;
  const { data, keep = String(KEEP) } = values;
  if (!/^\d+$/.test(keep)) throw new UsageError(`--keep must be a number of executions, not '${keep}'`);
  if (data === "") throw new UsageError("--data needs a folder");
  const loopback = host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
  if (!loopback && !expose) {
    throw new UsageError(
      `--host ${host} lets other machines connect, and anybody who reaches the port may do everything: confirm that with --expose`,
    );
  }
  if (expose && values.host === undefined) throw new UsageError("--expose needs --host, such as --host 0.0.0.0");
  const where = { port: readPort(port), host, exposed: expose && !loopback };
  return { ...where, time: timeOf(time), json, ...(data !== undefined && { data }), keep: Number(keep) };
}

function timeOf(text: string): Time {
  if (text === "real" || text === "virtual") return text;
  const [, speed] = /^(\d+(?:\.\d+)?)x$/.exec(text) ?? [];
  if (speed === undefined || Number(speed) < 1) {
    throw new UsageError(`--time must be real, virtual, or a factor from 1x on, such as 60x, not '${text}'`);
  }
  return Number(speed);
}

/**
 * `saga dev`: runs a program for AWS clients until a signal ends it. It deploys the program again whenever its files
 * change.
 */
export async function dev({ project, source, stubs }: ReadProgram, options: DevOptions): Promise<number> {
  const { port, host, exposed, time, json, data, keep } = options;
  const [{ LocalCloud }, { followProgram, lineOf }, { DevConsole }] = await Promise.all([
    import("../local/cloud"),
    import("../local/dev/follow"),
    import("./console"),
  ]);
  const page = new DevConsole(project.folder);
  /** The program's names of its machines, by their ARNs. Those of earlier releases are kept. */
  const names = new Map<string, string>();
  const cloudOptions: CloudOptions = {
    onNote: printNote,
    stubs,
    time,
    wire: { port, host, exposed, site: page.site },
    keep,
    ...(data !== undefined && { data }),
    onEnd: (ended) => {
      if (json) printJsonLine(endingOf(ended));
      else print(endingLine(ended, names.get(ended.machineArn)));
    },
  };
  // It ends by a signal, or because it can't start.
  return new Promise<never>((_, fail) => {
    let cloud: LocalCloud | undefined;
    const noted = new Set(project.notes);
    const start = async (program: PlainProgram): Promise<void> => {
      try {
        cloud = await LocalCloud.start(program, cloudOptions);
      } catch (error) {
        following.close();
        const inUse = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
        const said = `port ${port} is in use: stop the process that listens there, or choose another port with --port`;
        fail(inUse ? new UsageError(said) : (error as Error));
        throw error;
      }
      const machines = machinesOf(cloud, program);
      if (json) printJsonLine({ endpoint: cloud.endpoint, region: cloud.place().region, machines });
      else for (const line of greeting(cloud, machines)) print(line);
    };
    const following = followProgram(source, {
      deploy: async (program, { notes, secretValues }) => {
        hideSecrets(secretValues);
        for (const note of notes) if (!noted.has(note)) printNote(note);
        for (const note of notes) noted.add(note);
        for (const { name, arn = "" } of machinesIn(program)) names.set(arn, name);
        await (cloud ? cloud.deploy(program) : start(program));
        if (cloud) await page.follow(cloud, program);
      },
      onRelease: (release) => {
        // The greeting has already shown the first release.
        if (release.first) return;
        if (json) printJsonLine({ ...release.changes, seconds: release.seconds });
        else print(`${paint("green", "↻ deployed")}    ${legible(lineOf(release))}`);
      },
      onProblem: ({ message, place }) => {
        if (json) printJsonLine({ problem: message, place });
        else {
          for (const line of problemLines(message, place)) print(line);
          if (!cloud) print("  Nothing listens yet: the program is evaluated again when one of its files changes.");
        }
      },
    });
    closeBeforeEnd(async () => {
      following.close();
      page.close();
      await cloud?.close();
    });
  });
}

/** What is wrong with the program, and where. The earlier release goes on running. */
function problemLines(message: string, place: string | undefined): readonly string[] {
  const where = place === undefined ? "" : ` (${relative(process.cwd(), place)})`;
  const [first = "", ...rest] = message.split("\n");
  return [`${paint("red", "✘ not deployed")} ${legible(first)}${where}`, ...rest.map((line) => `  ${legible(line)}`)];
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** The machines that can be started, with the ARNs of their aliases, as a deploy outputs them. */
function machinesOf(cloud: LocalCloud, program: PlainProgram): Readonly<Record<string, string>> {
  return Object.fromEntries(startableMachines(program).map(({ name, arn = "" }) => [name, cloud.aliasOf(arn) ?? arn]));
}

function greeting(cloud: LocalCloud, machines: Readonly<Record<string, string>>): readonly string[] {
  const { endpoint } = cloud;
  const { region } = cloud.place();
  return [
    `Listening on ${endpoint}`,
    `The console is at ${endpoint}${CONSOLE_PATH}`,
    "",
    ...Object.entries(machines).flatMap(([name, arn]) => [`  ${paint("bold", name)}`, `    ${arn}`]),
    "",
    "AWS clients need these variables:",
    "",
    `  export AWS_ENDPOINT_URL=${endpoint}`,
    `  export AWS_REGION=${region} AWS_DEFAULT_REGION=${region}`,
    "  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local",
    "  export AWS_DISABLE_HOST_PREFIX_INJECTION=true",
    "",
  ];
}

type Ending = "completed" | "compensated" | "stuck" | "stopped";

const LOOK: Readonly<Record<Ending, { readonly mark: string; readonly style: Style }>> = {
  completed: { mark: "✔", style: "green" },
  compensated: { mark: "↩", style: "yellow" },
  stuck: { mark: "■", style: "red" },
  stopped: { mark: "■", style: "red" },
};

/** How an execution has ended, as data. */
function endingOf({ execution, ended, startDate, redriveDate = startDate }: KnownExecution) {
  const { status, error, cause } = (ended as NonNullable<typeof ended>).result;
  const stopped = status === "ABORTED" || status === "TIMED_OUT";
  const ending: Ending = stopped ? "stopped" : outcomeOf({ status, ...(error !== undefined && { error }) });
  const milliseconds = (ended?.stopDate ?? redriveDate) - redriveDate;
  return { executionArn: execution.arn, outcome: ending, status, error, cause, milliseconds };
}

/** One line, as wide as the terminal. */
function endingLine(known: KnownExecution, machine = known.machineName): string {
  const { outcome, status, error, cause, milliseconds } = endingOf(known);
  const { mark, style } = LOOK[outcome];
  const why =
    outcome === "completed" || outcome === "compensated"
      ? ""
      : `  ${error === undefined ? status : `${error}${cause === undefined || cause === "" ? "" : `: ${cause}`}`}`;
  const label = `${mark} ${outcome.padEnd(11)}`;
  const line = ` ${machine} ${known.name}  ${(milliseconds / 1000).toFixed(1)} s${why}`;
  const room = columns() - label.length;
  const shown = legible(line);
  return paint(style, label) + (shown.length > room ? `${shown.slice(0, room - 1)}…` : shown);
}
