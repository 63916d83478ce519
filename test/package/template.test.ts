import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { SLOW } from "../slow";
import { stranger, type Stranger } from "./stranger";

const ROOT = join(__dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

describe("the template of a program", () => {
  it("has exactly the files of the tutorial", () => {
    const tutorial = read("docs/tutorial.md");
    for (const file of ["tsconfig.json", "tasks.ts", "transfer.ts", "index.ts", "transfer.test.ts"]) {
      expect(tutorial).to.contain(read(`templates/saga/${file}`));
    }
  });

  it("has the versions with which this project is tested", () => {
    interface Manifest {
      readonly version: string;
      readonly dependencies: Readonly<Record<string, string>>;
      readonly devDependencies: Readonly<Record<string, string>>;
    }
    const template = JSON.parse(read("templates/saga/package.json")) as Manifest;
    const { version, devDependencies } = JSON.parse(read("package.json")) as Manifest;
    for (const [name, named] of Object.entries({ ...template.dependencies, ...template.devDependencies })) {
      expect(named, name).to.equal(name === "saga-aws-pulumi" ? version : devDependencies[name]);
    }
  });

  describe(`filled in as \`pulumi new\` does, with the packed package ${SLOW}`, function () {
    this.timeout(240_000);
    let program: Stranger;
    before(() => {
      program = stranger("templates/saga");
      for (const file of readdirSync(program.folder).filter((name) => /\.(yaml|json|ts)$/.test(name))) {
        const path = join(program.folder, file);
        const text = readFileSync(path, "utf8").replaceAll("${PROJECT}", "transfers");
        writeFileSync(path, text.replaceAll("${DESCRIPTION}", "Transfers"));
      }
    });
    after(() => {
      program.remove();
    });

    it("type-checks, passes its tests, is proved, and runs its examples", async () => {
      const { stdout } = await promisify(execFile)("npm", ["test"], { cwd: program.folder, env: program.env });
      expect(stdout).to.match(/^[#ℹ] fail 0$/m);
      const verdict = await program.saga(["verify"]);
      expect(verdict.out).to.match(/^Transfer {2}sound/);
      const { out, err, code } = await program.saga(["run"]);
      expect(err).to.equal("");
      expect(out).to.match(/2 of 2 examples came out as documented\n$/);
      expect(code).to.equal(0);
    });
  });
});
