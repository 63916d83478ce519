import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { check } from "./check";
import { PAGES } from "./pages";

const ROOT = join(__dirname, "../..");

/** The module with the code of a page, at the project's top. */
const moduleOf = (page: string): string => join(ROOT, `${page.replace(/\W/g, "-")}.ts`);

const blocksOf = (page: string): readonly string[] =>
  [...readFileSync(join(ROOT, page), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text = ""]) => text);

describe("the type checker", function () {
  this.timeout(300_000);

  let said: ReadonlyMap<string, readonly string[]>;
  before(() => {
    const modules = new Map(PAGES.map((page) => [moduleOf(page), blocksOf(page).join("\n")]));
    said = check("tsconfig.json", modules);
  });

  it("accepts the project", () => {
    const pages = new Set(PAGES.map(moduleOf));
    expect([...said].flatMap(([path, messages]) => (pages.has(path) ? [] : messages)).join("\n")).to.equal("");
  });

  for (const page of PAGES) {
    it(`accepts the code in ${page}`, () => {
      expect(blocksOf(page)).not.to.be.empty;
      expect((said.get(moduleOf(page)) ?? []).join("\n")).to.equal("");
    });
  }
});

describe("the type checker, of the console's page", function () {
  this.timeout(300_000);

  it("accepts the project", () => {
    expect([...check("saga/console/page/tsconfig.json").values()].flat().join("\n")).to.equal("");
  });
});
