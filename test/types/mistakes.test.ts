import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import * as ts from "typescript";
import * as language from "../../saga/language";
import { diagnose } from "./diagnose";

const PAGE = readFileSync(join(__dirname, "../../docs/mistakes.md"), "utf8");

interface Mistake {
  readonly title: string;
  readonly code: string;
  readonly says: string;
}

/** The page: what its examples share, and a mistake for each heading. */
function readPage(): { readonly shared: string; readonly mistakes: readonly Mistake[] } {
  const [head, ...sections] = PAGE.split(/^### /m);
  const fence = (text: string, language: string): string =>
    new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\n\`\`\``).exec(text)?.[1] ?? "";
  return {
    shared: fence(head as string, "ts"),
    mistakes: sections.map((section) => ({
      title: section.split("\n")[0] as string,
      code: fence(section, "ts"),
      says: fence(section, "text"),
    })),
  };
}

/** What a definition throws, as Node prints its first line. */
function define(shared: string, code: string): string {
  const { outputText } = ts.transpileModule(`${shared}\n${code}`, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the page's own code
    new Function("require", "exports", outputText)(() => language, {});
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return "";
}

describe("the page of mistakes", function () {
  this.timeout(60_000);
  const { shared, mistakes } = readPage();

  it("quotes what is said first of each", () => {
    expect(mistakes).not.to.be.empty;
    const said = diagnose(
      shared,
      mistakes.map(({ code }) => code),
    );
    mistakes.forEach(({ title, code, says }, index) => {
      const [first] = said[index] as readonly string[];
      // What the types accept is refused when the saga is defined.
      expect(first ?? define(shared, code), title).to.equal(says);
    });
  });

  it("has examples that are right but for the mistake", () => {
    expect(diagnose("", [shared])).to.deep.equal([[]]);
    expect(define(shared, "")).to.equal("");
  });
});
