import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { expect } from "chai";
import * as ts from "typescript";
import { parse } from "yaml";
import { page, pages } from "../../docs/make";
import { PICTURES } from "../../docs/pictures";
import { OPTIONS } from "../../saga/cli/options";
import { VERBS } from "../../saga/cli/verbs";
import { outputOf } from "../../saga/cli/verify";
import { SCHEMA } from "../../saga/deploy/config";

const ROOT = join(__dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const PAGES = [
  "README.md",
  "docs/language.md",
  "docs/tasks.md",
  "docs/starting.md",
  "docs/store.md",
  "docs/testing.md",
  "docs/definitions.md",
];
const moduleOf = (page: string): string => join(ROOT, `${page.replace(/\W/g, "-")}.ts`);

/** A TypeScript program with the code of all pages, each as a module at the project's top. */
function checker(): ts.Program {
  const texts = new Map(
    PAGES.map((page) => [moduleOf(page), [...read(page).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text]) => text)]),
  );
  for (const blocks of texts.values()) expect(blocks).not.to.be.empty;
  const config = ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (path, target) => {
    const blocks = texts.get(path);
    return blocks ? ts.createSourceFile(path, blocks.join("\n"), target) : getSourceFile(path, target);
  };
  return ts.createProgram([...texts.keys()], options, host);
}

interface Order {
  readonly title: string;
  readonly input: { readonly order_id: string };
  readonly outcome: string;
  readonly path: readonly string[];
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
}

interface Key {
  readonly type: string;
  readonly default: unknown;
  readonly description: string;
}

describe("the documentation", function () {
  this.timeout(120_000);

  let program: ts.Program;
  before(() => {
    program = checker();
  });
  for (const page of PAGES) {
    it(`has code in ${page} that the type checker accepts`, () => {
      const module = program.getSourceFile(moduleOf(page));
      const said = [...program.getSyntacticDiagnostics(module), ...program.getSemanticDiagnostics(module)];
      expect(said.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).to.deep.equal([]);
    });
  }

  it("has the keys of the config's schema in Pulumi.yaml, with type, default and description", () => {
    const { config } = parse(read("Pulumi.yaml")) as { config: Record<string, Key> };
    const schema = Object.entries<Key>(SCHEMA).map(([key, { type, default: value, description }]) => [
      key,
      { type, default: value, description },
    ]);
    expect(Object.entries(config)).to.deep.equal(schema);
  });

  for (const name of pages) {
    it(`has an up-to-date ${join("docs", name)}`, async () => {
      expect(read(`docs/${name}`), "run npm run docs").to.equal(await page(name));
    });
  }

  for (const [name, draw] of Object.entries(PICTURES)) {
    it(`has an up-to-date images/${name}`, () => {
      expect(read(`docs/images/${name}`) === draw(), "run npm run docs").to.be.true;
    });
  }

  it("has only pictures that the code draws and pages show", () => {
    const shown = [
      "README.md",
      ...readdirSync(join(ROOT, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
    ].flatMap((path) => [...read(path).matchAll(/images\/([\w-]+\.svg)/g)].map(([, name]) => name));
    const drawn = Object.keys(PICTURES).sort();
    expect(
      readdirSync(join(ROOT, "docs/images"))
        .filter((name) => name.endsWith(".svg"))
        .sort(),
    ).to.deep.equal(drawn);
    expect([...new Set(shown)].sort()).to.deep.equal(drawn);
  });

  for (const file of ["Pulumi.dev.yaml", "Pulumi.local.yaml"]) {
    it(`sets only known keys to allowed values in ${file}`, () => {
      const { config } = parse(read(file)) as { config: Record<string, unknown> };
      const own = Object.entries(config).filter(([key]) => key.startsWith("saga-aws-pulumi:"));
      expect(own).not.to.be.empty;
      for (const [key, value] of own) {
        const known = SCHEMA[key.replace("saga-aws-pulumi:", "") as keyof typeof SCHEMA];
        expect(known.read(String(value)), key).to.equal(value);
      }
    });
  }

  it("describes the four orders as they are tested", () => {
    const orders = JSON.parse(read("examples/orders.json")) as Order[];
    const cells = [...read("README.md").matchAll(/^\| (\d) +\| (.*?) +\| (\w+) +\| (.*?) +\|$/gm)].map((row) =>
      row.slice(1),
    );
    const held = orders.map(({ title, input, outcome, path }) => {
      const [, missing] = /missing (\w+)/.exec(title) ?? [];
      return [input.order_id, missing === undefined ? "" : `\`${missing}\``, outcome, path.join(", ")];
    });
    expect(cells).to.deep.equal(held);
  });

  it("shows the compiled form of a step", () => {
    const [, shown] = /```json\n([\s\S]*?)```/.exec(read("docs/language.md")) as RegExpExecArray;
    const { States } = JSON.parse(read("test/order/order-fulfilment.asl.json")) as { States: Record<string, unknown> };
    expect(States["CreateOrder"]).to.deep.equal(JSON.parse(shown as string));
  });

  it("has all rules and all codes of mistakes", () => {
    const rules = [...read("docs/semantics.md").matchAll(/^### (S\d+) /gm)].map(([, rule]) => rule);
    expect(rules).to.deep.equal(Array.from({ length: 13 }, (_, n) => `S${n + 1}`));
    const codes = [...read("saga/language/errors.ts").matchAll(/^ {2}\| "([\w-]+)"/gm)].map(([, code]) => code);
    const shown = [...read("docs/mistakes.md").matchAll(/^\| `([a-z]+(?:-[a-z]+)+)`/gm)].map(([, code]) => code);
    expect(codes).not.to.be.empty;
    expect(shown).to.have.members(codes);
  });

  it("has a GitHub action with existing commands", () => {
    const [, block] = /```yaml\n([\s\S]*?)```/.exec(read("docs/definitions.md")) as RegExpExecArray;
    const { jobs, permissions } = parse(block as string) as {
      readonly permissions: Readonly<Record<string, string>>;
      readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
    };
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    for (const { uses } of steps) if (uses !== undefined) expect(uses).to.match(/^[\w-]+\/[\w/-]+@v\d+$/);
    const commands = steps.flatMap(({ run }) => /^npx saga (.*)$/.exec(run ?? "")?.slice(1) ?? []);
    expect(commands).to.have.length(1);
    for (const command of commands) {
      const [line = "", output] = command.split(" > ");
      const { values, positionals } = parseArgs({ args: line.split(" "), allowPositionals: true, options: OPTIONS });
      const [name = "", ...rest] = positionals;
      expect(VERBS[name]?.options).to.include.members(Object.keys(values));
      expect(rest.length).to.be.at.most(VERBS[name]?.most ?? 0);
      expect(outputOf(values)).to.equal("sarif");
      const [upload] = steps.filter(({ uses }) => uses?.includes("upload-sarif"));
      expect(upload?.with?.["sarif_file"]).to.equal(output);
      // The step must run after a failed proof too.
      expect(upload?.if).to.equal("success() || failure()");
      expect(permissions["security-events"]).to.equal("write");
    }
  });

  it("has TypeScript only on pages that a test checks", () => {
    const others = ["docs/mistakes.md", "docs/tutorial.md"];
    const shown = everyPage().filter((path) => read(path).includes("```ts\n"));
    expect(shown).to.have.members([...PAGES, ...others]);
  });

  it("names only existing npm scripts", () => {
    for (const path of everyPage()) {
      const own = join(dirname(path), "package.json");
      const { scripts } = JSON.parse(read(existsSync(join(ROOT, own)) ? own : "package.json")) as Manifest;
      const named = [...read(path).matchAll(/\bnpm (?:run (?:--silent )?([\w:]+)|(start|test)\b)/g)];
      for (const [, script, short] of named) expect(scripts, path).to.have.property((script ?? short) as string);
    }
  });

  it("links only to existing pages and headings", () => {
    const all = readdirSync(join(ROOT, "docs/api")).map((name) => `docs/api/${name}`);
    for (const page of [...everyPage(), ...all]) {
      for (const [, target = "", heading] of read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)) {
        const path = target === "" ? page : join(page, "..", target);
        expect(existsSync(join(ROOT, path)), `${page}: ${target}`).to.equal(true);
        // typedoc writes the anchors of its own pages, and checks them.
        if (heading === undefined || page.startsWith("docs/api/")) continue;
        expect(headingsOf(read(path)), `${page}: ${target}#${heading}`).to.include(heading);
      }
    }
  });

  it("explains nothing twice: no two pages have ten words in a row in common", () => {
    expect(repeated(new Map(everyPage().map((path) => [path, read(path)])))).to.deep.equal([]);
  });

  it("is checked: the test notices a sentence on two pages, with other line breaks and links", () => {
    const pages = new Map([
      ["one", "It says it once. A function must time out before its step does,\nsince it would still run."],
      [
        "two",
        "- A function must [time out](tasks.md) before its step does, since it would\n  still run. It says more.",
      ],
      ["three", "```ts\nA function must time out before its step does, since it would still run.\n```"],
    ]);
    expect(repeated(pages)).to.deep.equal([
      "one, two: a function must time out before its step does since",
      "one, two: function must time out before its step does since it",
      "one, two: must time out before its step does since it would",
      "one, two: out before its step does since it would still run",
      "one, two: time out before its step does since it would still",
    ]);
  });
});

/** The written pages. typedoc makes the other ones from the code. */
function everyPage(): readonly string[] {
  const inDocs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" });
  const pages = inDocs.filter((path) => path.endsWith(".md") && !path.startsWith("api"));
  return [
    "README.md",
    "CONTRIBUTING.md",
    "examples/marketplace/README.md",
    ...pages.map((path) => `docs/${path}`),
  ].sort();
}

/** The anchors of a page's headings on GitHub. */
const headingsOf = (page: string): readonly string[] =>
  [...page.replace(/```[^]*?```/g, "").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );

/** Runs of ten words that are on more than one page. Code and the README's figures, which are shared, do not count. */
function repeated(pages: ReadonlyMap<string, string>): readonly string[] {
  const found = new Map<string, Set<string>>();
  for (const [path, text] of pages) {
    const prose = text
      .replace(/```[^]*?```|<!-- numbers -->[^]*<!-- \/numbers -->|<!--[^]*?-->/g, "\n\n")
      .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1");
    for (const part of prose.split(/\n\s*\n|\n(?=[-*#|]|\d\. )|\|/)) {
      const words = part.toLowerCase().match(/[\p{L}\p{N}_$][\p{L}\p{N}_'’.$-]*(?<!\.)/gu) ?? [];
      for (let at = 0; at + 10 <= words.length; at++) {
        const run = words.slice(at, at + 10).join(" ");
        found.set(run, (found.get(run) ?? new Set()).add(path));
      }
    }
  }
  return [...found].flatMap(([run, on]) => (on.size > 1 ? [`${[...on].sort().join(", ")}: ${run}`] : [])).sort();
}
