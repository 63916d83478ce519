import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { LocalCloud } from "../../saga/local/cloud";
import {
  followProgram,
  type Following,
  isChange,
  lineOf,
  type Problem,
  type Release,
} from "../../saga/local/dev/follow";
import { SLOW } from "../slow";

const ROOT = join(__dirname, "../..");

const PROJECT = "name: talks\nruntime: nodejs\n";
const WORDS = `export const word = "one";\n`;
/** The task `hold` waits for a file. Until it exists, the execution is running. */
const TASKS = `
import { seconds, task } from "${ROOT}/saga";
import { word } from "./words";

const GO = ${JSON.stringify("FOLDER/go")};
export const hold = task<{ readonly id: string }, { readonly said: string }>("hold", {
  timeout: seconds(120),
  handler: () => async () => {
    const { existsSync } = require("node:fs") as typeof import("node:fs");
    while (!existsSync(GO)) await new Promise((resolve) => setTimeout(resolve, 20));
    return { said: word };
  },
});
export const say = task<{ readonly id: string }, { readonly said: string }>("say", {
  handler: () => async () => ({ said: word }),
});
export const unsay = task<{ readonly id: string }, { readonly said: string }>("unsay", {
  handler: () => async () => ({ said: "" }),
});
`;
const SAGA = `
import { saga, seconds } from "${ROOT}/saga";
import { hold, say, unsay } from "./tasks/say";

interface Talk { readonly id: string }
const undo = { name: "Unsay", task: unsay, input: ({ input }: { input: Talk }) => ({ id: input.id }) };
export const part = saga<Talk>("Part")
  .step("Say", { task: say, input: ({ input }) => ({ id: input.id }), undo })
  .returns(({ Say }) => ({ said: Say.said }));
export const talk = saga<Talk>("Talk")
  .query("Hold", { task: hold, input: ({ input }) => ({ id: input.id }), timeout: seconds(120) })
  .step("Say", { task: say, input: ({ input }) => ({ id: input.id }), undo })
  .child("Part", part, ({ input }) => ({ id: input.id }))
  .returns(({ Hold, Say, Part }) => ({ hold: Hold.said, say: Say.said, part: Part.said }));
`;
const INDEX = `
import { SagaStateMachine } from "${ROOT}/saga";
import { talk } from "./saga";

export const arn = new SagaStateMachine("Talk", { saga: talk }).arn;
`;
const BOTH = `${INDEX}
import { part } from "./saga";
export const other = new SagaStateMachine("Aside", { saga: part }).arn;
`;
/** An unsound saga in place of the sound one: its steps have no undos. */
const UNSOUND = INDEX.replace(
  "{ saga: talk }",
  "{ saga: { ...talk, steps: talk.steps.map((step) => ({ ...step, undo: undefined })) } as typeof talk }",
);

type Told = { readonly release: Release } | { readonly problem: Problem };

/** A followed program, with a cloud of its own. */
class Followed {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "followed-")));
  cloud!: LocalCloud;
  private following!: Following;
  private readonly told: Told[] = [];
  private tell = (): void => {};

  constructor(files: Readonly<Record<string, string>>) {
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"), "junction");
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      this.write(name, text);
    }
  }

  async start(): Promise<void> {
    const deploy = async (program: Release["program"]): Promise<void> => {
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
      if (this.cloud) await this.cloud.deploy(program);
      else this.cloud = await LocalCloud.start(program);
    };
    const hear = (told: Told): void => {
      this.told.push(told);
      this.tell();
    };
    this.following = followProgram(
      { path: this.folder },
      {
        deploy,
        onRelease: (release) => {
          hear({ release });
        },
        onProblem: (problem) => {
          hear({ problem });
        },
      },
    );
    await this.following.started;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text.replaceAll("FOLDER", this.folder));
  }

  /** Replaces a file as many editors do: writes a new one beside it, and renames that. */
  replace(name: string, text: string): void {
    this.write(`${name}.new`, text);
    renameSync(join(this.folder, `${name}.new`), join(this.folder, name));
  }

  async next(): Promise<Told> {
    if (this.told.length === 0) {
      await new Promise<void>((resolve) => {
        this.tell = resolve;
      });
    }
    return this.told.shift() as Told;
  }

  async release(): Promise<Release> {
    const told = await this.next();
    if ("problem" in told) throw new Error(`${told.problem.message} ${told.problem.place ?? ""}`);
    return told.release;
  }

  async problem(): Promise<Problem> {
    const told = await this.next();
    if ("release" in told) throw new Error(lineOf(told.release));
    return told.problem;
  }

  /** Whether nothing is reported for a while. */
  async silent(): Promise<boolean> {
    await sleep(700);
    return this.told.length === 0;
  }

  async close(): Promise<void> {
    this.following.close();
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
    await this.cloud?.close();
    rmSync(this.folder, { recursive: true });
  }
}

const TALKS = {
  "Pulumi.yaml": PROJECT,
  "tasks/say.ts": TASKS,
  "saga.ts": SAGA,
  "words.ts": WORDS,
  "tasks/words.ts": `export { word } from "../words";\n`,
  "index.ts": BOTH,
};

async function output(dev: Followed, name: string): Promise<unknown> {
  const result = await dev.cloud.startExecution({ id: "1" }, undefined, name).result;
  return result.status === "SUCCEEDED" ? result.output : result;
}

describe("a followed program", function () {
  this.timeout(120_000);
  let dev: Followed;
  before(async () => {
    dev = new Followed(TALKS);
    await dev.start();
  });
  after(() => dev.close());

  it("is deployed at the start", async () => {
    const { changes } = await dev.release();
    expect(changes.added).to.include.members(["hold", "say", "unsay", "Talk", "Aside"]);
    expect([changes.changed, changes.removed]).to.deep.equal([[], []]);
    expect(await output(dev, "Aside")).to.deep.equal({ said: "one" });
  });

  it("is deployed again after a change of its files: running executions end on the code that they began with", async () => {
    const before = dev.cloud.startExecution({ id: "1" }, undefined, "Talk");
    dev.write("words.ts", `export const word = "two";\n`);
    const release = await dev.release();
    console.log(`      ${lineOf(release)}`);
    expect(release.changes.changed).to.include.members(["hold", "say", "Talk", "Aside"]);
    expect(release.changes.changed).not.to.include("unsay");
    expect([release.changes.added, release.changes.removed]).to.deep.equal([[], []]);
    expect(await output(dev, "Aside")).to.deep.equal({ said: "two" });
    const after = dev.cloud.startExecution({ id: "2" }, undefined, "Talk");
    dev.write("go", "");
    expect(await before.result).to.deep.include({ output: { hold: "one", say: "one", part: "one" } });
    expect(await after.result).to.deep.include({ output: { hold: "two", say: "two", part: "two" } });
  });

  it("is not deployed while it is unsound: the earlier release stays in place", async () => {
    dev.write("index.ts", UNSOUND);
    const { message, place } = await dev.problem();
    expect(message).to.match(/^the saga 'Talk' is not sound\nS\d+: /);
    expect(place).to.equal(undefined);
    expect(await output(dev, "Aside")).to.deep.equal({ said: "two" });
  });

  it("reports errors of its TypeScript and of its evaluation, with the place", async () => {
    dev.write("index.ts", "const a = {;\n");
    expect((await dev.problem()).message).to.match(/index\.ts\(1,12\): .*error.* TS1136/);
    dev.write("index.ts", `${BOTH}\n(undefined as unknown as { a: string }).a.length;\n`);
    const { message, place } = await dev.problem();
    expect(message).to.match(/^TypeError: Cannot read properties of undefined/);
    expect(place).to.equal(`${dev.folder}/index.ts:10:41`);
  });

  it("no longer starts a saga that it has dropped; running executions end", async () => {
    rmSync(join(dev.folder, "go"));
    dev.write("index.ts", INDEX.replace('"Talk"', '"Kept"') + BOTH.slice(INDEX.length));
    await dev.release();
    const arn = dev.cloud.startExecution({ id: "4" }, undefined, "Kept");
    dev.write("index.ts", INDEX);
    const { changes } = await dev.release();
    expect(changes.removed).to.include.members(["Kept", "Aside"]);
    expect(() => dev.cloud.startExecution({ id: "5" }, undefined, "Kept")).to.throw("no saga 'Kept'");
    dev.write("go", "");
    expect(await arn.result).to.deep.include({ output: { hold: "two", say: "two", part: "two" } });
  });
});

describe("a followed program, after further changes", function () {
  this.timeout(120_000);
  let dev: Followed;
  before(async () => {
    dev = new Followed(TALKS);
    await dev.start();
    await dev.release();
  });
  after(() => dev.close());

  it(`is deployed after an editor has replaced a file ${SLOW}`, async () => {
    dev.replace("words.ts", `export const word = "three";\n`);
    expect(isChange((await dev.release()).changes)).to.equal(true);
    expect(await output(dev, "Aside")).to.deep.equal({ said: "three" });
  });

  it(`is not deployed for a file that it does not use, or for a file without a change ${SLOW}`, async () => {
    dev.write("README.md", "# Talks\n");
    dev.write("unused.ts", "export const unused = 1;\n");
    dev.write("words.ts", `export const word = "three";\n`);
    expect(await dev.silent()).to.equal(true);
  });

  it(`has nothing to deploy if its resources are the same ${SLOW}`, async () => {
    dev.write("saga.ts", `${SAGA}// A remark.\n`);
    const release = await dev.release();
    expect(isChange(release.changes)).to.equal(false);
    expect(lineOf(release)).to.match(/^nothing to deploy \(\d+\.\d s\)$/);
  });

  it(`is deployed once a missing file exists, in a new folder ${SLOW}`, async () => {
    dev.write("index.ts", `${BOTH}\nimport "./more/parts";\n`);
    expect((await dev.problem()).message).to.contain("Cannot find module './more/parts'");
    // One change is reported once, although the folder has files that the program does not use.
    expect(await dev.silent()).to.equal(true);
    mkdirSync(join(dev.folder, "more"));
    await sleep(300);
    dev.write("more/parts.ts", "export {};\n");
    expect(isChange((await dev.release()).changes)).to.equal(false);
  });

  it(`follows its config ${SLOW}`, async () => {
    dev.write("Pulumi.yaml", `${PROJECT}config:\n  aws:region: { value: us-west-2 }\n`);
    const { program } = await dev.release();
    expect(program.outputs["arn"]).to.match(/^arn:aws:states:us-west-2:/);
    dev.write("Pulumi.yaml", PROJECT);
    await dev.release();
  });
});

describe("a function without versions, in a followed program", function () {
  this.timeout(120_000);
  const handler = (word: string): string => `
    const { existsSync } = require("node:fs");
    exports.handler = async ({ waits }) => {
      while (waits && !existsSync("FOLDER/go")) await new Promise((resolve) => setTimeout(resolve, 20));
      return ${JSON.stringify(word)};
    };`;
  let dev: Followed;
  before(async () => {
    dev = new Followed({
      "Pulumi.yaml": PROJECT,
      "raw/index.js": handler("one"),
      "index.ts": `
        import { lambda } from "@pulumi/aws";
        import { asset } from "@pulumi/pulumi";
        const common = { handler: "index.handler", runtime: "nodejs22.x", role: "arn:aws:iam::1:role/any", timeout: 60 };
        new lambda.Function("raw", { ...common, code: new asset.FileArchive("./raw") });
        const still = new asset.StringAsset("exports.handler = async () => 1;");
        new lambda.Function("still", { ...common, code: new asset.AssetArchive({ "index.js": still }) });`,
    });
    await dev.start();
    await dev.release();
  });
  after(() => dev.close());

  const call = async (event: object): Promise<unknown> =>
    (await dev.cloud.functions.get("raw")?.invoke(event, {}))?.payload;

  it(`runs the present code of its folder; a running call ends on the code that it began with ${SLOW}`, async () => {
    const before = call({ waits: true });
    const still = dev.cloud.functions.get("still");
    dev.write("raw/index.js", handler("two"));
    expect((await dev.release()).changes.changed).to.deep.equal(["raw"]);
    expect(await call({})).to.equal("two");
    dev.write("go", "");
    expect(await before).to.equal("one");
    expect(dev.cloud.functions.get("still")).to.equal(still);
  });
});
