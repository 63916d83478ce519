import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { SLOW } from "../slow";

const ROOT = join(__dirname, "../..");

const filesOf = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));

describe("the pages of the API", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "api-"));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it(`are up to date with the code, and have no broken links ${SLOW}`, async () => {
    const typedoc = join(ROOT, "node_modules/typedoc/bin/typedoc");
    await promisify(execFile)(process.execPath, [typedoc, "--treatWarningsAsErrors", "--out", folder], { cwd: ROOT });
    expect(filesOf(join(ROOT, "docs/api")), "run npm run docs").to.deep.equal(filesOf(folder));
  }).timeout(180_000);
});
