import {
  accessSync,
  constants,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join, sep } from "node:path";
import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";
import { Account, versionOf } from "./account";

const ROOT = join(__dirname, "../..");
/** Of the project's folder, what a copy of the program does without: a user's stacks and checkout, what npm installs. */
const LEFT_OUT = /^(\..*|node_modules|Pulumi\..*)$/;

/**
 * The folder of a Pulumi CLI on this machine: on PATH, in PULUMI_HOME, or where `npx pulumi` has put it. npm's own
 * `pulumi` is not one: it would download a CLI.
 */
function findCli(): string | undefined {
  const home = process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi");
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes(`node_modules${sep}`));
  return [...path, join(home, "bin"), join(home, "versions", versionOf("pulumi"), "bin")].find((folder) => {
    try {
      accessSync(join(folder, process.platform === "win32" ? "pulumi.exe" : "pulumi"), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** As `findCli`, and says that tests are skipped if there is none. */
export function cliOrSkip(): string | undefined {
  const cli = findCli();
  if (cli === undefined) {
    console.log("skipped: there is no Pulumi CLI on PATH, in PULUMI_HOME/bin, or where npx pulumi puts it");
  }
  return cli;
}

/** A copy of a program in a folder of its own, with a stack, a Pulumi home, a backend and an account in it. */
export class Sandbox {
  private constructor(
    private readonly folder: string,
    readonly stack: Stack,
    readonly account: Account,
    private readonly env: Readonly<NodeJS.ProcessEnv>,
  ) {}

  /** What has been left in the home folder. */
  get inHome(): readonly string[] {
    return readdirSync(join(this.folder, "user"));
  }

  /**
   * @param cli The folder of the CLI.
   * @param program The folder of the program; this project's, unless another is given.
   * @param modules The folder of the packages that the program has installed; this project's, unless another is given.
   */
  static async open(cli: string, program = ROOT, modules = join(ROOT, "node_modules")): Promise<Sandbox> {
    const env = { ...process.env };
    // Nothing of the user's may reach the engine: no token, no backend, no stack, no passphrase.
    for (const name of Object.keys(process.env)) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
      if (name.startsWith("PULUMI_")) delete process.env[name];
    }
    const searched = process.env["PATH"] ?? "";
    if (!searched.startsWith(cli + delimiter)) process.env["PATH"] = cli + delimiter + searched;

    const folder = mkdtempSync(join(tmpdir(), "saga-pulumi-"));
    try {
      const inside = (name: string): string => {
        mkdirSync(join(folder, name));
        return join(folder, name);
      };
      const workDir = inside("program");
      const pulumiHome = inside("pulumi");
      const backend = inside("backend");
      const account = inside("account");
      // The CLI logs its first call, below, as it does any other. What minds no Pulumi home writes to the user's, npm to
      // the cache that the npm above this one has told it of, and Node to where files are temporary.
      process.env["PULUMI_HOME"] = pulumiHome;
      process.env["HOME"] = process.env["USERPROFILE"] = inside("user");
      process.env["npm_config_cache"] = inside("npm");
      process.env["TMPDIR"] = process.env["TEMP"] = process.env["TMP"] = inside("tmp");
      for (const name of readdirSync(program).filter((entry) => !LEFT_OUT.test(entry))) {
        cpSync(join(program, name), join(workDir, name), { recursive: true });
      }
      symlinkSync(modules, join(workDir, "node_modules"), "junction");
      const project = parse(readFileSync(join(program, "Pulumi.yaml"), "utf8")) as object;
      const path = join(__dirname, "plugin");
      const plugins = { providers: ["aws", "aws-native"].map((name) => ({ name, path })) };
      writeFileSync(join(workDir, "Pulumi.yaml"), stringify({ ...project, plugins }));

      const stack = await LocalWorkspace.createStack(
        { stackName: "test", workDir },
        {
          pulumiHome,
          pulumiCommand: await PulumiCommand.get(),
          envVars: {
            PULUMI_BACKEND_URL: `file://${backend}`,
            PULUMI_CONFIG_PASSPHRASE: "test",
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
            SAGA_TEST_ACCOUNT: account,
          },
        },
      );
      await stack.setConfig("aws:region", { value: "eu-west-1" });
      return new Sandbox(folder, stack, new Account(account), env);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Changes a file of the program. */
  edit(file: string, change: (text: string) => string): void {
    const path = join(this.folder, "program", file);
    const text = readFileSync(path, "utf8");
    const changed = change(text);
    if (changed === text) throw new Error(`${file} has nothing left to change: make the test change what is there now`);
    writeFileSync(path, changed);
  }

  /** Writes a file beside the program's. */
  write(file: string, text: string): string {
    const path = join(this.folder, "program", file);
    writeFileSync(path, text);
    return path;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
    for (const name of Object.keys(process.env)) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
      if (!(name in this.env)) delete process.env[name];
    }
    Object.assign(process.env, this.env);
  }
}
