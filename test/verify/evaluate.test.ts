import { expect } from "chai";
import * as fc from "fast-check";
import { compile } from "../../saga/compile";
import { evaluate } from "../../saga/verify/search/evaluate";
import { parse, sourceOf } from "../../saga/verify/expression";
import { fieldsOf, innerOf, type RawStates } from "../../saga/asl/states";
import { isKnown, OneOf, SOMETHING, Unknown, UNKNOWN, type Value } from "../../saga/verify/search/value";
import { build } from "../generated/build";
import { scenario } from "../generated/spec";

import jsonata = require("jsonata");
import { sizes } from "../slow";

const NO_LENGTHS = new Map<string, number>();

function known(source: string, variables: Record<string, unknown>): Value {
  return evaluate(parse(source), { variable: (name) => variables[name] as Value, lengths: NO_LENGTHS });
}

/** Every expression of a definition. */
function expressionsOf(level: RawStates): readonly string[] {
  return Object.values(level.States).flatMap((state) => [
    ...fieldsOf(state).flatMap(({ value }) => sourceOf(value) ?? []),
    ...innerOf(state).flatMap(expressionsOf),
  ]);
}

const record = fc.record(
  {
    item: fc.string(),
    index: fc.nat(3),
    undo: fc.constantFrom("U1", "U2", "U3", "U4"),
    failure: fc.record({ step: fc.string(), error: fc.string() }),
    results: fc.dictionary(fc.constantFrom("S1", "S2", "M3_undo"), fc.oneof(fc.string(), fc.constant(null)), {
      noNullPrototype: true,
    }),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const value = fc.oneof(
  record,
  fc.array(record, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom("b0", "b1", "b2"), record, { noNullPrototype: true }),
  fc.constantFrom(null, true, 0, 7, "then", "otherwise"),
);

describe("the evaluator of unknown values", () => {
  for (const [cases, mark] of sizes(100, 20)) {
    it(`says what JSONata says, or that it does not know, of every expression that generated sagas have (${cases} cases)${mark}`, async () => {
      await fc.assert(
        fc.asyncProperty(scenario, fc.infiniteStream(value), async ({ nodes }, values) => {
          const definition = compile(build(nodes).saga, ({ name }) => name);
          for (const source of expressionsOf(JSON.parse(JSON.stringify(definition)) as RawStates)) {
            const given = new Map<string, Value>();
            const variable = (name: string): Value => {
              if (!given.has(name)) given.set(name, values.next().value as Value);
              return given.get(name);
            };
            const states = {
              result: [variable("r0"), variable("r1")],
              context: {
                Execution: { Id: "e", Input: variable("input") },
                Map: { Item: { Index: 0, Value: variable("item") } },
              },
              errorOutput: { Error: "E", Cause: "C" },
            } as unknown as Value;
            const said = evaluate(parse(source), {
              variable: (name) => (name === "states" ? states : variable(name)),
              lengths: NO_LENGTHS,
            });
            if (!isKnown(said) || source.includes("$hash") || source.includes("$now")) continue;
            const expression = jsonata(source);
            let real: unknown;
            try {
              real = await expression.evaluate({}, { ...Object.fromEntries(given), states });
            } catch {
              continue;
            }
            expect(plain(said), source).to.deep.equal(plain(real));
          }
        }),
        { numRuns: cases },
      );
    });
  }

  it("keeps what it can't know unknown", () => {
    expect(known("$a.b = 1", { a: UNKNOWN })).to.equal(UNKNOWN);
    expect(known("{'x': $a, 'y': 1}", { a: UNKNOWN })).to.deep.equal({ x: UNKNOWN, y: 1 });
    expect(known("$length($a)", { a: "abc" })).to.equal(UNKNOWN);
  });

  it("knows that there is something among what is unknown", () => {
    expect(known("$exists($a.*.failure)", { a: { one: {}, two: { failure: {} }, three: UNKNOWN } })).to.equal(true);
    expect(known("$exists($a.*.failure)", { a: { one: {}, three: UNKNOWN } })).to.equal(UNKNOWN);
    expect(known("$a != null ? $a : {}", { a: SOMETHING })).to.be.oneOf([SOMETHING, UNKNOWN]);
  });

  it("follows a choice only where its values part", () => {
    const either = new OneOf("branch", [
      { undo: "U", at: 1 },
      { undo: "U", at: 2 },
    ]);
    expect(known("$a.undo = 'U'", { a: either })).to.equal(true);
    expect(known("$a.at", { a: either })).to.deep.include({ name: "branch", values: [1, 2] });
    expect(() => known("[$a[at = 1]]", { a: either })).to.throw("which branch it is");
  });

  it("decides a choice before the many choices of its alternatives, which would have every combination", () => {
    const way = (name: string): Value => [new OneOf(name, [{ failure: { step: "S" } }, {}])];
    const ways = (count: number): Value => Array.from({ length: count }, (_, index) => way(`way ${index}`));
    const failed = (alternatives: Value): (() => Value) => {
      const a = new OneOf("length", [...(alternatives as readonly Value[]), []]);
      return () => known("$exists($a.failure)", { a });
    };
    const choices = ["way 0", "way 1", "way 2", "way 3", "way 4", "way 5"];
    expect(failed(ways(6)))
      .to.throw("which length it is")
      .with.deep.include({ alternatives: [...choices, undefined] });
    expect(failed(ways(2))).to.throw("which way 0 it is");
    expect(failed([way("one"), ...[1, 2, 3, 4, 5, 6].map(() => way("one"))])).to.throw("which one it is");
  });

  it("asks for the length of a list that is gone through", () => {
    const list = new Unknown("input.list");
    const items = (lengths: ReadonlyMap<string, number>): Value =>
      evaluate(parse("[$map($l, function($x, $i) {{'i': $i}})]"), { variable: () => list, lengths });
    expect(() => items(NO_LENGTHS)).to.throw("the length of input.list");
    expect(items(new Map([["input.list", 2]]))).to.deep.equal([{ i: 0 }, { i: 1 }]);
    expect(items(new Map([["input.list", 0]]))).to.deep.equal([]);
  });

  it("takes a list in brackets for the list", () => {
    const list = new Unknown("input.list");
    expect(known("[$l]", { l: list })).to.equal(list);
    expect(known("[[$l]]", { l: list })).to.equal(UNKNOWN);
    expect(known("[$l, 1]", { l: list })).to.equal(UNKNOWN);
    expect(known("[$l = 1]", { l: list })).to.equal(UNKNOWN);
  });
});

/** Without what JSONata adds to its lists. */
const plain = (of: unknown): unknown => (of === undefined ? undefined : (JSON.parse(JSON.stringify(of)) as unknown));
