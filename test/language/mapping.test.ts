import { expect } from "chai";
import fc from "fast-check";
import jsonata = require("jsonata");
import { compile } from "../../saga/compile";
import { and, gt, not, or, type Saga, saga, type TaskEvent, type Test } from "../../saga/language";
import { levelsIn } from "../../saga/asl/expressions";
import { parse, sourceOf } from "../../saga/verify/expression";
import { stub } from "./tasks";
import { sizes } from "../slow";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const echo = stub<Record<string, unknown>, Json>("echo");
const undo = { name: "Undo", task: stub<object, unknown>("undo"), input: () => ({}) };
const context = { Execution: { Id: "arn:execution" } };

/** The payload of a step's mapping, evaluated with JSONata 2.0.6. */
async function payload(map: (scope: any) => unknown, input: Json): Promise<Json> {
  const one = saga<any>("Echo")
    .step("Echo", { task: echo, input: map as never, undo })
    .returns(() => ({}));
  const state = compile(one, () => "arn").States["Echo"];
  if (state?.Type !== "Task") throw new Error("not a task");
  const source = (state.Arguments as { Payload: string }).Payload.replace(/^{%|%}$/g, "");
  const states = { context: { Execution: { ...context.Execution, Input: input } } };
  const { saga: identity, ...rest } = JSON.parse(
    JSON.stringify(await jsonata(source).evaluate({}, { states })),
  ) as TaskEvent<Record<string, Json>>;
  expect(identity).to.deep.equal({ id: "arn:execution", step: "Echo" });
  return rest;
}

/** Every expression of a saga's definition. */
function sourcesIn(of: Saga): readonly string[] {
  const walk = (value: unknown): readonly string[] =>
    typeof value === "object" && value !== null ? Object.values(value).flatMap(walk) : [sourceOf(value) ?? "1"];
  return walk(compile(of, () => "arn"));
}

/** The depth of the deepest expression of a saga with one step that has this mapping. */
function deepestIn(map: (scope: any) => unknown): number {
  const one = saga<any>("Echo")
    .step("Echo", { task: echo, input: map as never, undo })
    .returns(() => ({}));
  return Math.max(...sourcesIn(one).map((source) => levelsIn(parse(source))));
}

describe("a mapping, compiled to JSONata", () => {
  it("leaves an absent field out, at any depth (S8)", async () => {
    const map = ({ input }: any) => ({ a: input.a, deep: { b: input.x.y.z, c: 1 } });
    expect(await payload(map, {})).to.deep.equal({ deep: { c: 1 } });
    expect(await payload(map, null)).to.deep.equal({ deep: { c: 1 } });
    expect(await payload(map, "text")).to.deep.equal({ deep: { c: 1 } });
  });

  it("keeps an absent element's place in a list", async () => {
    expect(await payload(({ input }) => ({ list: [input.a, input.b] }), { b: 2 })).to.deep.equal({ list: [null, 2] });
  });

  it("keeps lists unchanged: with one element, empty, or nested", async () => {
    for (const list of [[1], [], [[1]], [[1, 2], []], [[[]]]]) {
      expect(await payload(({ input }) => ({ list: input.list }), { list })).to.deep.equal({ list });
      expect(await payload(({ input }) => ({ list: [input.list] }), { list })).to.deep.equal({ list: [list] });
      expect(await payload(({ input }) => ({ list: ["a", input.list] }), { list })).to.deep.equal({
        list: ["a", list],
      });
      expect(await payload(() => ({ list }), null)).to.deep.equal({ list });
    }
  });

  it("reads fields of any name, and elements by their index", async () => {
    const input = { "a-b": { "c`d": 1, and: 2, "e'f": 3 }, list: [{ id: "x" }, { id: "y" }] };
    const map = ({ input: from }: any) => ({
      one: from["a-b"]["c`d"],
      two: from["a-b"].and,
      three: from["a-b"]["e'f"],
      second: from.list[1].id,
      third: from.list[2].id,
    });
    expect(await payload(map, input)).to.deep.equal({ one: 1, two: 2, three: 3, second: "y" });
  });

  it("passes a whole reference on, or an empty object if it is not an object", async () => {
    expect(await payload(({ input }) => input, { a: 1, saga: "not this" })).to.deep.equal({ a: 1 });
    for (const input of ["text", 1, null, true, []])
      expect(await payload(({ input: it }) => it, input)).to.deep.equal({});
  });

  it("accepts the depth that Step Functions evaluates, and refuses more", async () => {
    const nested = (levels: number): Json => (levels === 0 ? "leaf" : { deep: nested(levels - 1) });
    const listed = (levels: number): Json => (levels === 0 ? 1 : [listed(levels - 1)]);
    for (const literal of [nested(49), listed(49)]) {
      expect(await payload(({ input }) => ({ literal, last: input.last }), { last: 1 })).to.deep.equal({
        literal,
        last: 1,
      });
      expect(deepestIn(({ input }) => ({ literal, last: [input.last] }))).to.be.below(100);
    }
    for (const literal of [nested(50), listed(5000)]) {
      expect(() => deepestIn(() => ({ literal }))).to.throw("nests more than 50 levels deep");
    }
  });

  it("nests and(…) and or(…) of any number no deeper than Step Functions evaluates", () => {
    const tests = (input: any, many: number) => Array.from({ length: many }, (_, index) => gt(input.n, index));
    const deepest = (test: (input: any) => Test): number =>
      Math.max(
        ...sourcesIn(
          saga<any>("Many")
            .when(
              "Which",
              ({ input }) => test(input),
              (s) => s.query("Query", { task: echo, input: () => ({}) }),
            )
            .returns(() => ({})),
        ).map((source) => levelsIn(parse(source))),
      );
    for (const many of [2, 100, 1000]) {
      expect(deepest((input) => and(...tests(input, many)))).to.be.below(60);
      expect(deepest((input) => or(...tests(input, many), and(...tests(input, many))))).to.be.below(80);
    }
    const negated = (input: any, times: number): Test =>
      times === 0 ? gt(input.n, 1) : not(negated(input, times - 1));
    expect(deepest((input) => negated(input, 70))).to.be.below(100);
    expect(() => deepest((input) => negated(input, 90))).to.throw("the test nests so deep");
  });

  it("never lets a mapping name another saga's identity", async () => {
    expect(await payload(() => ({ saga: { id: "forged", step: "forged" }, a: 1 }), null)).to.deep.equal({ a: 1 });
  });

  for (const [cases, mark] of sizes(300, 60)) {
    it(`keeps any literal and any referenced value, as JSON does (${cases} cases)${mark}`, async () => {
      const value = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
      await fc.assert(
        fc.asyncProperty(value, value, async (literal, referred) => {
          const [expectLiteral, expectReferred] = JSON.parse(JSON.stringify([literal, referred])) as [Json, Json];
          const out = await payload(({ input }) => ({ literal, path: input.at, list: [literal, input.at] }), {
            at: referred,
          });
          expect(out).to.deep.equal({
            literal: expectLiteral,
            path: expectReferred,
            list: [expectLiteral, expectReferred],
          });
        }),
        { numRuns: cases },
      );
    });
  }
});
