import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import * as ts from "typescript";
import { archive } from "../../saga/deploy/archive";
import { coldStart } from "../../saga/deploy/cold-start";
import * as language from "../../saga/language";
import { diagnose } from "./diagnose";

const PAGE = readFileSync(join(__dirname, "../../docs/mistakes.md"), "utf8");

interface Mistake {
  readonly title: string;
  readonly code: string;
  readonly says: string;
}

/** The page's examples: their common beginning, and a mistake for each heading. */
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

/** The first line of the error that a definition, or the serialisation of its exported task, throws. */
async function define(shared: string, code: string): Promise<string> {
  const { outputText } = ts.transpileModule(`${shared}\n${code}`, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the page's examples import it
  const load = (name: string): unknown => (name === "saga-aws-pulumi" ? language : require(name));
  const exported: Record<string, language.LambdaTask> = {};
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the page's own code
    new Function("require", "exports", outputText)(load, exported);
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  for (const { name, handler, packages } of Object.values(exported)) {
    const made = archive({ name: `SignUp-${name}`, factory: coldStart(handler), packages, layers: false });
    const said = await made.then(
      () => undefined,
      (error: unknown) => (error as Error).message,
    );
    if (said !== undefined) return said;
  }
  return "";
}

describe("the page of mistakes", function () {
  this.timeout(60_000);
  const { shared, mistakes } = readPage();

  it("quotes the first line of each message", async () => {
    expect(mistakes).not.to.be.empty;
    const said = diagnose(
      shared,
      mistakes.map(({ code }) => code),
    );
    for (const [index, { title, code, says }] of mistakes.entries()) {
      const [first] = said[index] as readonly string[];
      // Other mistakes are refused when the saga is defined or its tasks are deployed.
      expect(first ?? (await define(shared, code)), title).to.equal(says);
    }
  });

  it("has examples with one mistake each", async () => {
    expect(diagnose("", [shared])).to.deep.equal([[]]);
    expect(await define(shared, "")).to.equal("");
  });
});
