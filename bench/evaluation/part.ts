/**
 * Compares the evaluation of the order program with other tools' evaluations of the same saga. Each runs in a process of its
 * own, and in each round once, without uploads or an account. The peers' programs are plain JavaScript, with prebuilt
 * functions unless their row says otherwise. This program is TypeScript, and its functions are serialised.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { evaluateProgram, type Program } from "../../saga/local/program";
import { folderOf, installAll, packagesOf } from "../peers";
import type { Measured, Row } from "../last-run";
import { median, pairedRatio } from "../statistics";
import { type Timed, timed } from "../timed";
import { CDK_OUT, cdkFolder, synthesises, WITHOUT_VALIDATION } from "./cdk-folder";
import { type BareOptions, bareProgram } from "./bare-program";
import { barePulumiFolder, DIST, javaScript, peerFolder, programFolder, ROOT } from "./program-folder";
import { serverlessYaml } from "./serverless";

interface System {
  readonly name: string;
  readonly folder: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The number of resources that it must register. */
  readonly registers?: number;
  /** The files of a run that must be removed before the next run. */
  readonly leaves?: string;
}

export async function evaluation(runs: number): Promise<Measured> {
  const { there, leftOut } = await installAll(["CDK", "osls"]);
  const own = programFolder();
  const folders = [own];
  const folder = (made: string): string => {
    folders.push(made);
    return made;
  };
  try {
    const program = await evaluateProgram({}, ROOT);
    const systems: System[] = [
      { name: "this", folder: own, command: evaluates(own) },
      byPulumi("this, as JavaScript by Pulumi's own mocks", folder(javaScript(programFolder())), program),
      ...(await bareSystems(program, folder)),
    ];
    if (there.has("CDK")) systems.push(...cdkSystems(folder(cdkFolder())));
    if (there.has("osls")) systems.push(oslsSystem(folder(peerFolder("osls", join(folderOf("osls"), "node_modules")))));
    return {
      rows: measure(systems, runs),
      peers: Object.assign({}, ...[...there].map(packagesOf)) as Record<string, string>,
      leftOut,
    };
  } finally {
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  }
}

function measure(systems: readonly System[], runs: number): readonly Row[] {
  const once = ({ name, folder, command, env, registers, leaves }: System): Timed => {
    if (leaves !== undefined) rmSync(join(folder, leaves), { recursive: true, force: true });
    const measured = timed(command, folder, env);
    if (registers !== undefined) {
      const { registered } = JSON.parse(measured.stdout) as { readonly registered: number };
      if (registered !== registers) throw new Error(`${name} registers ${registered} resources, not ${registers}`);
    }
    return measured;
  };
  // The first round fills all caches and is not measured.
  for (const system of systems) once(system);
  const rounds = Array.from({ length: runs }, (_, round) => {
    // Each round starts with another system.
    const turned = [...systems.slice(round % systems.length), ...systems.slice(0, round % systems.length)];
    return new Map(turned.map((system) => [system.name, once(system)]));
  });
  const processorOf = (name: string): readonly number[] => rounds.map((each) => (each.get(name) as Timed).processor);
  return systems.map(({ name }) => {
    const all = rounds.map((each) => each.get(name) as Timed);
    const ratio = name === "this" ? {} : { "this ÷ it": pairedRatio(processorOf("this"), processorOf(name)) };
    return {
      name,
      figures: {
        "processor ms": median(processorOf(name)),
        "wall ms": median(all.map(({ wall }) => wall)),
        "memory MiB": median(all.map(({ memory }) => memory)),
        ...ratio,
      },
    };
  });
}

/** With the evaluation of the `saga` command. */
const evaluates = (folder: string): readonly string[] => [
  process.execPath,
  join(__dirname, "once.cjs"),
  DIST,
  folder,
  "whole",
];

/** With Pulumi's mocks, and of this package only the program's imports. */
const byPulumi = (name: string, folder: string, { resources }: Program): System => ({
  name,
  folder,
  command: [process.execPath, join(__dirname, "plain.cjs"), folder],
  registers: resources.filter(({ physicalName }) => physicalName !== undefined).length,
});

/** @throws if the program without this package does not register the same resources */
async function bareSystems(program: Program, folder: (made: string) => string): Promise<readonly System[]> {
  const make = async (options: BareOptions): Promise<string> => {
    const made = folder(barePulumiFolder(bareProgram(program, options)));
    const differs = difference(program, await evaluateProgram({}, made));
    if (differs !== undefined) throw new Error(`the bare program is not the same program: ${differs}`);
    return javaScript(made);
  };
  const [whole, single, callbacks] = [
    await make({ imports: "whole package", functions: "prebuilt" }),
    await make({ imports: "by service", functions: "prebuilt" }),
    await make({ imports: "whole package", functions: "callbacks" }),
  ];
  return [
    byPulumi("bare Pulumi", whole, program),
    byPulumi("bare Pulumi, services imported one by one", single, program),
    { name: "the same, by this project's evaluation", folder: single, command: evaluates(single) },
    byPulumi("bare Pulumi, six CallbackFunctions", callbacks, program),
  ];
}

/** The first resource that differs between two programs. Code and version numbers, which depend on it, are ignored. */
function difference(one: Program, other: Program): string | undefined {
  const said = ({ resources }: Program): ReadonlyMap<string, string> => {
    const custom = resources.filter(({ physicalName }) => physicalName !== undefined);
    return new Map(
      custom.map(({ type, name, inputs }) => {
        const others = Object.fromEntries(Object.entries(inputs).filter(([input]) => !OF_CODE.has(input)));
        return [
          `${type} ${name}`,
          JSON.stringify(sorted(others)).replace(/((?:function|stateMachine):[\w-]+):\d+/g, "$1"),
        ];
      }),
    );
  };
  const [wanted, found] = [said(one), said(other)];
  const missing = [...wanted].find(([key, inputs]) => found.get(key) !== inputs);
  if (missing) return `${missing[0]}: ${missing[1]}, not ${String(found.get(missing[0]))}`;
  return found.size > wanted.size ? `it registers ${found.size} resources, not ${wanted.size}` : undefined;
}

/** The inputs in which prebuilt functions, serialised functions and CallbackFunctions differ. */
const OF_CODE: ReadonlySet<string> = new Set(["code", "handler", "runtime", "memorySize"]);

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
};

function cdkSystems(folder: string): readonly System[] {
  const runs = (name: string, args: readonly string[], env: Readonly<Record<string, string>>): System => ({
    name,
    folder,
    command: synthesises(...args),
    env,
    leaves: CDK_OUT,
  });
  return [
    runs("CDK", [], {}),
    runs("CDK without its validation", [], WITHOUT_VALIDATION),
    runs("CDK, six NodejsFunctions", ["bundled"], {}),
    runs("CDK, six NodejsFunctions, without its validation", ["bundled"], WITHOUT_VALIDATION),
  ];
}

function oslsSystem(folder: string): System {
  writeFileSync(join(folder, "serverless.yml"), serverlessYaml());
  return {
    name: "osls + serverless-step-functions",
    folder,
    command: [process.execPath, "node_modules/osls/bin/serverless.js", "package"],
    env: { SLS_NOTIFICATIONS_MODE: "off", SLS_TELEMETRY_DISABLED: "1", AWS_REGION: "us-east-1" },
    leaves: ".serverless",
  };
}
