import { expect } from "chai";
import { diagnose } from "./diagnose";

const BEFORE = `
import { eq, saga, type Saga, task, type Task } from "saga-aws-pulumi";
declare const act: Task<{ order: string }, { token: string }>;
declare const many: Task<{ tokens: string[] }, unknown>;
declare const nested: Task<{ lines: { sku: string; count?: number }[] }, unknown>;
declare const pays: Task<{ by: { kind: "bank"; iban: string } | { kind: "card"; card: string } }, unknown>;
declare const dated: Task<{ at: Date }, unknown>;
declare const other: Saga<{ order: string }, {}>;
declare const amend: Task<{ order: string }, unknown>;
const input = () => ({ order: "" });
const undo = (name: string) => ({ name, task: amend, input });
const open = saga<{ order: string; note?: string }>("Open").step("First", { task: act, input, undo: undo("UnFirst") });
class Money { constructor(readonly cents: number) {} plus(other: Money) { return new Money(this.cents + other.cents); } }
const made = <Out>() => ({ handler: () => async () => (undefined as unknown) as Out });
const committed = open.pivot("Pivot", { task: act, input, undo: undo("UnPivot") });
`;

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
    "a child saga's input with a field that it does not know",
    `open.child("Other", other, ({ input }) => ({ order: input.order, ordr: "" }));`,
    "'ordr' is not a field of the type that is wanted here",
  ],
  [
    "an included saga's input that may be absent",
    `open.include("Other", other, ({ input }) => ({ order: input.note }));`,
    "'order' may be absent: use orElse(…), or let the task do without",
  ],
  [
    "an own result in a list in an undo",
    `open.step("Next", { task: act, input, undo: { name: "UnNext", task: many, input: ({ Next }) => ({ tokens: [Next.token] }) } });`,
    "'tokens[0]' may be absent: the step may have failed before it had a result",
  ],
  [
    "a field of an item that nobody wants",
    `open.query("Next", { task: nested, input: () => ({ lines: [{ sku: "" }, { sku: "", cuont: 1 }] }) });`,
    "'cuont' is not a field of the type that is wanted here",
  ],
  [
    "an object where a list is wanted",
    `open.query("Next", { task: nested, input: () => ({ lines: { sku: "" } }) });`,
    "'lines' must be a list, and is an object",
  ],
  [
    "fields of two members of a union",
    `open.query("Next", { task: pays, input: () => ({ by: { kind: "bank", card: "" } }) });`,
    "these fields do not go together: no member of the union that is wanted here has them so",
  ],
  [
    "a task that wants a Date",
    `open.query("Next", { task: dated, input: () => ({ at: new Date() }) });`,
    "JSON has no dates: let the task take a string",
  ],
  [
    "what no test has found",
    `open.when("Maybe", ({ input }) => eq(input.order, "x"), (s, order) => s.query("Next", { task: act, input: () => ({ order }) }));`,
    "no reference: only the test isPresent(…) hands one on",
  ],
  [
    "a name that is taken",
    `open.step("First", { task: act, input, undo: undo("UnFirst2") });`,
    "another step has this name, or it has a meaning of its own: choose another",
  ],
  [
    "a name that is reserved",
    `open.step("failure", { task: act, input, undo: undo("UnFailure") });`,
    "another step has this name, or it has a meaning of its own: choose another",
  ],
  [
    "a result with a bigint in a list",
    `task<{}, { lines: { amount?: string | bigint }[] }>("act", made());`,
    "Items<{ amount?: string | bigint; }>",
  ],
  [
    "a result that is a bigint",
    `task<{}, bigint>("act", made());`,
    "a result is JSON, which has no bigint: return a string or a number",
  ],
  [
    "a handler that returns a bigint",
    `task("act", { handler: () => async (given: { order: string }) => ({ order: given.order, amount: 1n }) });`,
    "a result is JSON, which has no bigint: return a string or a number",
  ],
  [
    "a result with a Date that may be absent",
    `task<{}, { readonly at?: Date }>("act", made());`,
    "a result is JSON, which makes a string of a Date: return date.toISOString()",
  ],
  [
    "a result with a Map in an object",
    `task<{}, { of: { counts: Map<string, number> } }>("act", made());`,
    "a result is JSON, which empties a Map and a Set: return an object or an array",
  ],
  [
    "a result with a Set",
    `task<{}, { seen: ReadonlySet<string> }>("act", made());`,
    "a result is JSON, which empties a Map and a Set: return an object or an array",
  ],
  [
    "a result with bytes",
    `task<{}, { pdf: Buffer }>("act", made());`,
    "a result is JSON, which has no bytes: return a text, such as their base64",
  ],
  [
    "a result with a symbol",
    `task<{}, { mark: symbol }>("act", made());`,
    "a result is JSON, which has no functions and no symbols: return data alone",
  ],
  [
    "a result with an object of a class that has methods",
    `task<{}, { price: Money }>("act", made());`,
    "a result is JSON, which has no functions and no symbols: return data alone",
  ],
  [
    "a function of one's own that is generic in the result, and does not say that it is JSON",
    `function generic<Out>() { return task<{}, Out>("act", made()); }`,
    "Type 'Out' does not satisfy the constraint 'AsJson<Out>'",
  ],
];

describe("the types", () => {
  it("refuse with a sentence as the first message, and with no other message", function () {
    this.timeout(60_000);
    const said = diagnose(
      BEFORE,
      REFUSED.map(([, line]) => line),
    );
    REFUSED.forEach(([title, , sentence], index) => {
      expect(said[index], title).not.to.be.empty;
      for (const first of said[index] ?? []) expect(first, title).to.contain(sentence);
    });
  });
});
