import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { stranger, type Stranger } from "./stranger";
import { SLOW } from "../slow";

const ROOT = join(__dirname, "../..");

interface Block {
  readonly language: string;
  readonly text: string;
  /** The file that the page names directly before a block. */
  readonly file?: string;
  /** The comment directly before a block. */
  readonly note?: string;
}

function blocksOf(page: string): readonly Block[] {
  const found = readFileSync(join(ROOT, page), "utf8").matchAll(
    /(?:`(?<file>[\w.]+\.\w+)`:\n\n|<!-- (?<note>.*) -->\n\n)?```(?<language>\w*)\n(?<text>[^]*?)```/g,
  );
  return [...found].map(({ groups = {} }) => groups as unknown as Block);
}

describe(`the tutorial, followed in an empty folder with the packed package ${SLOW}`, function () {
  this.timeout(240_000);
  const blocks = blocksOf("docs/tutorial.md");
  let folder: Stranger;
  before(() => {
    folder = stranger();
  });
  after(() => {
    folder.remove();
  });

  const run = async (script: string) => {
    const path = `${join(folder.folder, "node_modules/.bin")}:${folder.env["PATH"] ?? ""}`;
    const env = { ...folder.env, PATH: path, NO_COLOR: "1", COLUMNS: "80" };
    return (await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], { cwd: folder.folder, env })).stdout;
  };

  it("ends with a saga that type-checks, is proved, runs as the page shows, and passes its tests", async () => {
    const files = blocks.filter(({ file }) => file !== undefined);
    expect(files.map(({ file }) => file)).to.deep.equal([
      "Pulumi.yaml",
      "tsconfig.json",
      "tasks.ts",
      "transfer.ts",
      "index.ts",
      "transfer.test.ts",
    ]);
    for (const { file = "", text } of files) {
      mkdirSync(dirname(join(folder.folder, file)), { recursive: true });
      writeFileSync(join(folder.folder, file), text);
    }
    // The packages are installed already, and there is no account.
    const commands = blocks.filter(
      ({ language, text, note }) => language === "sh" && !text.startsWith("npm ") && note !== "needs an account",
    );
    expect(commands).to.have.length(4);
    let printed = "";
    for (const { text } of commands) printed += await run(text);
    expect(printed).to.match(/^Transfer {2}sound/);
    const shown = blocks.filter(({ language }) => language === "");
    expect(shown).to.have.length(3);
    for (const { text } of shown) expect(printed).to.contain(text);
    expect(printed)
      .to.match(/^[#ℹ] pass 6$/m)
      .and.to.match(/^[#ℹ] fail 0$/m);
  });
});
