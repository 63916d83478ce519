import { execFileSync, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { placeOf } from "../../saga/local/error-place";
import { evaluateProgram } from "../../saga/local/program";
import { SLOW } from "../slow";

const ROOT = join(__dirname, "../..");

/** A program in a folder of its own, with this project's packages. */
function program(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "program-")));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
  for (const [name, text] of Object.entries({ "Pulumi.yaml": "name: shop\nruntime: nodejs\n", ...files })) {
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** The error of an evaluation, and the rejections that reach another listener. */
async function failure(text: string): Promise<{ readonly error: Error; readonly unhandled: readonly unknown[] }> {
  const folder = program({ "index.js": text });
  const unhandled: unknown[] = [];
  const listen = (reason: unknown): void => void unhandled.push(reason);
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", listen);
  try {
    const error = await evaluateProgram({}, folder).then(
      ({ resources }) => new Error(`it has not failed, with ${resources.length} resources`),
      (thrown: unknown) => thrown as Error,
    );
    // For late rejections.
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { error, unhandled };
  } finally {
    process.off("unhandledRejection", listen);
    for (const each of others) process.on("unhandledRejection", each);
    rmSync(folder, { recursive: true });
  }
}

const SNS = `const pulumi = require("@pulumi/pulumi"); const { Topic } = require("@pulumi/aws/sns");\n`;
const THROWS = `apply(() => { throw new Error("no name"); })`;

describe("the evaluation of a program", function () {
  this.timeout(60_000);

  for (const [what, text, message, line] of [
    [
      "with a resource that can't be registered",
      `new Topic("a");\nnew Topic("a");`,
      /two resources of type .* called 'a'/,
      3,
    ],
    ["with an input that fails", `new Topic("a", { displayName: pulumi.output(1).${THROWS} });`, /no name/, 2],
    [
      "with a resource that fails late, which others wait for",
      `const late = new Promise((resolve) => setTimeout(resolve, 100));
       const topic = new Topic("a", { displayName: pulumi.output(late).${THROWS} });
       exports.arn = new Topic("b", { displayName: topic.arn }).arn;`,
      /no name/,
      3,
    ],
    ["that fails outside of its resources", `new Topic("a").arn.${THROWS}`, /no name/, 2],
    [
      "that calls its account without an answer",
      `require("@pulumi/aws/ec2").getVpcOutput({ default: true });`,
      /^the program calls aws:ec2\/getVpc:getVpc, which needs an account/,
      undefined,
    ],
  ] as const) {
    it(`fails for a program ${what}, and no rejection reaches another listener`, async () => {
      const { error, unhandled } = await failure(SNS + text);
      expect(error.message).to.match(message);
      expect(unhandled).to.deep.equal([]);
      if (line !== undefined) expect(placeOf(error)).to.match(new RegExp(`/index\\.js:${line}:\\d+$`));
    });
  }

  it("can run several times, for several programs", async () => {
    const names = ["one", "two", "three"];
    const folders = names.map((name) => program({ "index.js": `${SNS}new Topic("${name}");` }));
    const programs = await Promise.all(folders.map((folder) => evaluateProgram({}, folder)));
    expect(programs.map(({ resources }) => resources.map(({ name }) => name))).to.deep.equal(
      names.map((name) => [name]),
    );
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  it("turns a policy that is an object into its JSON, as the provider does", async () => {
    const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["sns:Publish"], Resource: "*" }] };
    const text = `const { Role, RolePolicy } = require("@pulumi/aws/iam");
      const role = new Role("a", { assumeRolePolicy: { Version: "2012-10-17", Statement: [] } });
      exports.policy = new RolePolicy("b", { role: role.id, policy: ${JSON.stringify(policy)} }).policy;`;
    const folder = program({ "index.js": text });
    const { resources, outputs } = await evaluateProgram({}, folder);
    rmSync(folder, { recursive: true });
    expect(JSON.parse(outputs["policy"] as string)).to.deep.equal(policy);
    const texts = resources.map(({ inputs }) => inputs["policy"] ?? inputs["assumeRolePolicy"]);
    expect(texts.map((each) => JSON.parse(each as string))).to.deep.equal([
      { Version: "2012-10-17", Statement: [] },
      policy,
    ]);
  });

  it("loads only the part of Pulumi that it uses, without the packing of functions and the automation API", () => {
    const script = `
      const { evaluateProgram } = require("${ROOT}/saga/local/program");
      evaluateProgram({}, "${ROOT}").then(() => {
        const loaded = Object.keys(require.cache);
        const seldom = /@npmcli|normalize-package-data|@pulumi.(aws.index|pulumi.automation.index)\\.js$/;
        console.log(loaded.filter((file) => seldom.test(file)).length, loaded.length);
        console.log(typeof require("@pulumi/pulumi").automation.LocalWorkspace.createStack);
      });`;
    const [counts = "", onceUsed] = execFileSync(
      process.execPath,
      ["-r", "ts-node/register/transpile-only", "-e", script],
      { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
    ).split("\n");
    const [unused, loaded] = counts.split(" ").map(Number);
    expect(unused).to.equal(0);
    expect(onceUsed).to.equal("function");
    expect(loaded).to.be.greaterThan(300).and.lessThan(900);
  });
});

describe("a program's TypeScript", function () {
  this.timeout(60_000);
  const TEXT = `interface Order {\n  readonly id: string;\n}\n\nexport const order: Order = { id: "1" };\n`;

  /** Loads a program in a new process without TypeScript. Returns its exports, or where it fails. */
  function loaded(folder: string): string {
    const script = `
      const Module = require("node:module");
      const { readFileSync } = require("node:fs");
      const ts = require("typescript");
      const load = (file) => {
        const module = new Module(file);
        module.paths = Module._nodeModulePaths("${ROOT}");
        const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), { compilerOptions: { module: "commonjs", target: "es2022" } });
        module._compile(outputText, file);
        return module.exports;
      };
      const { loadTypeScript } = load("${ROOT}/saga/local/typescript.ts");
      const { placeOf } = load("${ROOT}/saga/local/error-place.ts");
      loadTypeScript({ folder: "${folder}", workingFolder: "${folder}" });
      try {
        console.log(Object.keys(require("${folder}/index.ts")).join());
      } catch (error) {
        console.log(error.message.split("\\n").find(Boolean), placeOf(error));
      }`;
    return execFileSync(process.execPath, ["-e", script], { cwd: ROOT, encoding: "utf8" }).trim();
  }

  it(`is transpiled once, and again after a change; errors have their line in both cases ${SLOW}`, () => {
    const folder = program({ "tsconfig.json": "{}", "index.ts": TEXT });
    // It uses this project's packages, and has a cache of its own.
    rmSync(join(folder, "node_modules"));
    mkdirSync(join(folder, "node_modules"));
    for (const each of ["ts-node", "typescript"]) {
      symlinkSync(join(ROOT, "node_modules", each), join(folder, "node_modules", each), "junction");
    }
    const cache = join(folder, "node_modules/.cache/saga-aws-pulumi/transpiled");
    const kept = (): readonly string[] => readdirSync(cache).map((file) => readFileSync(join(cache, file), "utf8"));
    try {
      expect(loaded(folder)).to.equal("order");
      const first = kept();
      expect(first).to.have.length(1);
      // The cached code is what runs.
      const [file] = readdirSync(cache) as [string];
      writeFileSync(join(cache, file), (first[0] as string).replaceAll("exports.order", "exports.kept"));
      expect(loaded(folder)).to.equal("kept");
      writeFileSync(join(folder, "index.ts"), `${TEXT}throw new Error("late");\n`);
      for (let time = 0; time < 2; time++) expect(loaded(folder)).to.equal(`late ${folder}/index.ts:6:7`);
      expect(kept()).to.have.length(1);
      writeFileSync(join(folder, "index.ts"), "const a = {;\n");
      for (let time = 0; time < 2; time++) expect(loaded(folder)).to.contain("Unable to compile TypeScript");
      writeFileSync(join(cache, file), "{");
      writeFileSync(join(folder, "index.ts"), TEXT);
      expect(loaded(folder)).to.equal("order");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the command", function () {
  this.timeout(60_000);

  it("loads the database of a data folder only for one", () => {
    const script = `
      const { LocalCloud } = require("${ROOT}/saga/local/cloud");
      const loaded = () => Object.keys(require.cache).some((file) => /node_modules.classic-level/.test(file));
      const start = async (options) => {
        await (await LocalCloud.start({ resources: [], outputs: {} }, options)).close();
        console.log(loaded());
      };
      start({}).then(() => start({ data: process.argv[1] }));`;
    const folder = mkdtempSync(join(tmpdir(), "data-"));
    try {
      const out = execFileSync(
        process.execPath,
        ["-r", "ts-node/register/transpile-only", "-e", script, join(folder, "data")],
        { cwd: ROOT, encoding: "utf8" },
      );
      expect(out).to.equal("false\ntrue\n");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  for (const args of [["--help"], ["start"], ["nothing"], ["verify", "--most", "1"]]) {
    it(`loads next to nothing for 'saga ${args.join(" ")}'`, () => {
      const script = `
        process.argv = [process.argv[0], "saga", ...${JSON.stringify(args)}];
        process.on("exit", () => {
          const loaded = Object.keys(require.cache);
          const own = loaded.filter((file) => file.startsWith("${ROOT}/saga/"));
          const packages = loaded.flatMap((file) => /node_modules\\/(@pulumi|@aws-sdk|yaml|jsonata|dynalite)/.exec(file) ?? []);
          process.stdout.write("#" + JSON.stringify([own.length, packages]));
        });
        require("${ROOT}/saga/cli/main");`;
      const { stdout } = spawnSync(process.execPath, ["-r", "ts-node/register/transpile-only", "-e", script], {
        cwd: ROOT,
        encoding: "utf8",
      });
      const [own, packages] = JSON.parse(stdout.slice(stdout.lastIndexOf("#") + 1)) as [number, string[]];
      expect(packages).to.deep.equal([]);
      expect(own).to.be.greaterThan(3).and.lessThan(20);
    });
  }
});
