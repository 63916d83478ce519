import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { stranger, type Stranger } from "./stranger";
import { SLOW } from "../slow";

const ROOT = join(__dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

interface Block {
  readonly language: string;
  readonly text: string;
  /** The file that the page names right before the block. */
  readonly file?: string;
  /** The comment right before the block. */
  readonly note?: string;
}

function blocksOf(page: string): readonly Block[] {
  const found = page.matchAll(
    /(?:`(?<file>[\w.]+\.\w+)`:\n\n|<!-- (?<note>.*) -->\n\n)?```(?<language>\w*)\n(?<text>[^]*?)```/g,
  );
  return [...found].map(({ groups = {} }) => groups as unknown as Block);
}

/** The tutorial's blocks by what a test does with them. A block that no test runs is in `others`. */
function tutorial(page = read("docs/tutorial.md")) {
  const kindOf = ({ file, language, text, note }: Block): string => {
    if (file !== undefined) return "files";
    if (language === "") return "shown";
    if (language !== "sh") return "others";
    // The stranger has installed the packages already, and has no account.
    return text.startsWith("npm ") || note === "needs an account" ? "left" : "commands";
  };
  const of = (kind: string): readonly Block[] => blocksOf(page).filter((block) => kindOf(block) === kind);
  return { files: of("files"), commands: of("commands"), shown: of("shown"), left: of("left"), others: of("others") };
}

/** The README's program, and its commands with those in the text. A block that no test runs is in `others`. */
function readme(page = read("README.md")) {
  const blocks = blocksOf(page);
  const inText = page.replace(/```[^]*?```/g, "").matchAll(/`((?:npm|npx) [^`…]+ [^`…]+)`/g);
  const lines = blocks.flatMap(({ language, text }) => (language === "sh" ? text.trim().split("\n") : []));
  const commands = [
    ...lines.map((line) => line.replace(/ +#.*/, "")),
    ...[...inText].map(([, command = ""]) => command),
  ];
  const program = blocks.filter(({ language }) => language === "ts").map(({ text }) => text);
  const others = blocks.filter(({ language }) => language !== "ts" && language !== "sh").map(({ text }) => text);
  return { program, commands: commands.filter((line) => !SERVES.includes(line)), others };
}

/** Runs until it is stopped, and is tested in test/cli/dev.test.ts. */
const SERVES: readonly string[] = ["npm run --silent saga -- dev"];

interface Ended {
  readonly code: number;
  readonly out: string;
}

/** The README's descriptions of its commands in this repository. */
const IN_REPOSITORY: Readonly<Record<string, (ended: Ended) => void>> = {
  "npm ci && npm start": ({ code, out }) => {
    const orders = out.split(/\n\n/).flatMap((told) => {
      const [, order] = /"order_id":"(\d)"/.exec(told) ?? [];
      const path = [...told.matchAll(/^ {2}[✔✘↩] \w+ +(\w+)/gm)].map(([, state]) => state);
      const [, outcome] = /^ {2}(completed|compensated|stuck) {2}/m.exec(told) ?? [];
      return order === undefined ? [] : [[order, outcome, path.join(", ")]];
    });
    const rows = [...read("README.md").matchAll(/^\| (\d) +\|[^|]*\| (\w+) +\| (.*?) +\|$/gm)];
    expect(orders).to.have.length(4);
    expect(orders).to.deep.equal(rows.map(([, order, outcome, path]) => [order, outcome, path]));
    expect(code).to.equal(0);
  },
  "npm run --silent saga -- verify": ({ code, out }) => {
    expect(out).to.match(/^OrderFulfilment {2}sound/);
    expect(out)
      .to.match(/^ {2}S1 +proved/m)
      .and.to.match(/^ {2}at most .*\$ for 1,000/m);
    expect(code).to.equal(0);
  },
  "npm run --silent saga -- verify test/verify/fixtures/reference.asl.json": ({ code, out }) => {
    expect(out).to.match(/ {2}not sound: \d+ violations/);
    expect(code).to.equal(1);
  },
};

describe("the blocks of the README and of the tutorial", () => {
  it("are each run by a test", () => {
    const { program, commands, others } = readme();
    expect(program).to.have.length(2);
    expect(commands).to.have.members(Object.keys(IN_REPOSITORY));
    expect(others).to.deep.equal([]);
    expect(tutorial().others).to.deep.equal([]);
  });

  it("are checked: the test notices a block that no test runs", () => {
    const added = (language: string, text: string): string => `\n\`\`\`${language}\n${text}\n\`\`\`\n`;
    expect(readme(added("json", "{}")).others).to.deep.equal(["{}\n"]);
    expect(readme(added("sh", "npm run bench")).commands).to.deep.equal(["npm run bench"]);
    expect(readme("Then `npm run bench` prints it.").commands).to.deep.equal(["npm run bench"]);
    expect(tutorial(added("ts", "export {};")).others).to.have.length(1);
  });
});

describe(`the README's commands in the repository ${SLOW}`, function () {
  this.timeout(120_000);
  for (const [command, holds] of Object.entries(IN_REPOSITORY)) {
    it(`has \`${command}\` do what it says`, async () => {
      // `npm ci` is left out, since it would remove the packages of the running test.
      holds(await shell(command.replace("npm ci && ", ""), ROOT, process.env));
    });
  }
});

describe(`the README and the tutorial, followed in an empty folder with the packed package ${SLOW}`, function () {
  this.timeout(240_000);
  let folder: Stranger;
  before(() => {
    folder = stranger();
  });
  beforeEach(() => {
    const kept = ["node_modules", "package.json", "package-lock.json"];
    for (const name of readdirSync(folder.folder)) {
      if (!kept.includes(name)) rmSync(join(folder.folder, name), { recursive: true });
    }
  });
  after(() => {
    folder.remove();
  });

  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder.folder, file)), { recursive: true });
    writeFileSync(join(folder.folder, file), text);
  };
  const run = (script: string): Promise<Ended> => {
    const path = `${join(folder.folder, "node_modules/.bin")}:${folder.env["PATH"] ?? ""}`;
    return shell(script, folder.folder, { ...folder.env, PATH: path });
  };

  it("has a README whose program type-checks, is proved, and has as many states as it says", async () => {
    // A program's settings are the tutorial's. The handlers are this repository's, which has the package as a folder.
    for (const { file = "", text } of tutorial().files.slice(0, 2)) write(file, text);
    for (const name of readdirSync(join(ROOT, "handlers"))) {
      write(`handlers/${name}`, read(`handlers/${name}`).replaceAll('"../saga"', '"saga-aws-pulumi"'));
    }
    write("index.ts", readme().program.join("\n"));
    expect(await run("npx tsc")).to.deep.equal({ code: 0, out: "" });

    const [, many = ""] = /a state machine of (\w+) states/.exec(read("README.md")) ?? [];
    const { States } = JSON.parse((await run("npx saga definition")).out) as { readonly States: object };
    expect(Object.keys(States)).to.have.length(["no", "one", "two", "three", "four", "five"].indexOf(many));
    expect((await run("npx saga verify")).out).to.match(/^Sale {2}sound/);

    const order = { order_id: "1", total: 100, card_no: "123-1234", address: "123 st" };
    const start = (input: object) => run(`npx saga start '${JSON.stringify(input)}'`);
    const [sold, taken] = await Promise.all([start(order), start({ ...order, address: undefined })]);
    expect(sold.out).to.contain("  completed  SUCCEEDED\n");
    expect(taken.out).to.contain("  compensated  FAILED SagaCompensated\n");
    expect([sold.code, taken.code]).to.deep.equal([0, 3]);
  });

  it("has a tutorial that ends with a saga that type-checks, is proved, runs as the page shows, and passes its tests", async () => {
    const { files, commands, shown } = tutorial();
    expect(files.map(({ file }) => file)).to.deep.equal([
      "Pulumi.yaml",
      "tsconfig.json",
      "tasks.ts",
      "transfer.ts",
      "index.ts",
      "transfer.test.ts",
    ]);
    for (const { file = "", text } of files) write(file, text);
    expect(commands).to.have.length(4);
    let printed = "";
    for (const { text } of commands) {
      const { code, out } = await run(text);
      expect(code, text).to.equal(0);
      printed += out;
    }
    expect(printed).to.match(/^Transfer {2}sound/);
    expect(shown).to.have.length(3);
    for (const { text } of shown) expect(printed).to.contain(text);
    expect(printed)
      .to.match(/^[#ℹ] pass 6$/m)
      .and.to.match(/^[#ℹ] fail 0$/m);
  });
});

/** Runs a script as in a terminal, without the variables that npm sets for the tests. */
function shell(script: string, cwd: string, given: NodeJS.ProcessEnv): Promise<Ended> {
  const own = Object.entries(given).filter(([key]) => !/^(npm_|INIT_CWD|TS_NODE|NODE_OPTIONS)/.test(key));
  const env = { ...Object.fromEntries(own), NO_COLOR: "1", COLUMNS: "80" };
  return new Promise((resolve) => {
    execFile("bash", ["-euo", "pipefail", "-c", script], { cwd, env }, (error, out) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out });
    });
  });
}
