import { join } from "node:path";
import { expect } from "chai";
import * as ts from "typescript";

const ROOT = join(__dirname, "../..");
const FILE = join(__dirname, "refused.ts");

const BEFORE = `
import { eq, saga, type Task } from "../../saga/language";
declare const act: Task<{ order: string }, { token: string }>;
declare const amend: Task<{ order: string }, unknown>;
const input = () => ({ order: "" });
const undo = (name: string) => ({ name, task: amend, input });
const open = saga<{ order: string }>("Open").step("First", { task: act, input, undo: undo("UnFirst") });
const committed = open.pivot("Pivot", { task: act, input, undo: undo("UnPivot") });
`;

/** What the type checker says of each line after the common beginning. */
function diagnose(lines: readonly string[]): readonly string[][] {
  const text = BEFORE + lines.join("\n");
  const first = BEFORE.split("\n").length - 1;
  const config = ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (path, target) =>
    path === FILE ? ts.createSourceFile(path, text, target) : getSourceFile(path, target);
  const program = ts.createProgram([FILE], options, host);
  const said: string[][] = lines.map(() => []);
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(program)) {
    const line = file?.getLineAndCharacterOfPosition(start ?? 0).line ?? -1;
    const message = ts.flattenDiagnosticMessageText(messageText, "\n");
    expect(line - first, message).to.be.within(0, lines.length - 1);
    said[line - first]?.push(message);
  }
  return said;
}

const REFUSED: readonly (readonly [title: string, line: string, sentence: string])[] = [
  [
    "a step without an undo before the pivot",
    `open.step("Next", { task: act, input });`,
    "a step before the pivot needs an undo: if it changes nothing, make it a query",
  ],
  [
    "a step without an undo in a branch",
    `open.parallel("Both", { left: (s) => s.step("Left", { task: act, input }) });`,
    "a step before the pivot needs an undo: if it changes nothing, make it a query",
  ],
  [
    "a pivot without an undo",
    `open.pivot("Pivot", { task: act, input });`,
    "a pivot needs an undo: one that fails may have taken effect all the same",
  ],
  [
    "a step with an undo after the pivot",
    `committed.step("Next", { task: act, input, undo: undo("UnNext") });`,
    "after the pivot nothing is undone: leave the undo out, or move the step before the pivot",
  ],
  [
    "a second pivot",
    `committed.pivot("Again", { task: act, input, undo: undo("UnAgain") });`,
    "the saga has a pivot already: make this one a step",
  ],
  [
    "a pivot in a branch",
    `open.when("Maybe", ({ input }) => eq(input.order, "x"), (s) => s.pivot("Here", { task: act, input, undo: undo("UnHere") }));`,
    "a branch has no pivot: put it at the top of the saga",
  ],
  [
    "an undo of a query",
    `open.query("Look", { task: act, input, undo: undo("UnLook") });`,
    "a query changes nothing, so it has no undo: make it a step if it does",
  ],
  [
    "a name that is taken",
    `open.step("First", { task: act, input, undo: undo("UnFirst2") });`,
    "'First' is already the name of a step",
  ],
  [
    "a name that is reserved",
    `open.step("failure", { task: act, input, undo: undo("UnFailure") });`,
    "'failure' is reserved: choose another name for the step",
  ],
];

describe("the types", () => {
  it("say in a sentence what they refuse", function () {
    this.timeout(60_000);
    const said = diagnose(REFUSED.map(([, line]) => line));
    REFUSED.forEach(([title, , sentence], index) => {
      expect(said[index]?.join("\n"), title).to.contain(sentence);
    });
  });
});
