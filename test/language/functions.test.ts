import { createHash } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import { compile } from "../../saga/compile";
import { seededRandom, virtualClock } from "../../saga/interpreter";
import { compileTemplate, evaluateTemplate } from "../../saga/interpreter/expressions";
import { awsFunctions } from "../../saga/interpreter/functions";
import {
  add,
  and,
  choose,
  concat,
  count,
  eq,
  gt,
  hash,
  isPresent,
  lt,
  multiply,
  not,
  number,
  or,
  orElse,
  type Ref,
  saga,
  subtract,
  sum,
  text,
} from "../../saga/language";
import { levelsIn } from "../../saga/asl/expressions";
import { parse, sourceOf } from "../../saga/verify/expression";
import { evaluate } from "../../saga/verify/search/evaluate";
import { isKnown, SOMETHING } from "../../saga/verify/search/value";
import { failureIn } from "../../saga/verify/can-fail";
import { stub } from "./tasks";
import { sizes } from "../slow";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Maybe = Json | undefined;
type Any = Ref<any>;

/** A mapping of nested functions, with its result in plain JavaScript. */
interface Computed {
  readonly of: (input: any) => unknown;
  readonly is: (input: Readonly<Record<string, Json>>) => Maybe;
}
interface Tested {
  readonly of: (input: any) => any;
  readonly holds: (input: Readonly<Record<string, Json>>) => boolean;
}

/** JSONata writes numbers with 15 digits. */
const asText = (value: Json): string =>
  typeof value === "string"
    ? value
    : JSON.stringify(value, (_key, part: unknown) => (typeof part === "number" ? Number(part.toPrecision(15)) : part));
const isPresentValue = (value: Maybe): boolean => value !== undefined && value !== null;
const near = (value: Maybe): value is number => typeof value === "number" && Math.abs(value) <= 1e150;
const isNumeral = (value: Maybe): value is string =>
  typeof value === "string" && /^-?\d{1,15}(\.\d{1,15})?([Ee][-+]?\d{1,2})?$/.test(value);
const same = (left: Maybe, right: Maybe): boolean => {
  if (left === undefined || right === undefined) return false;
  try {
    expect(left).to.deep.equal(right);
    return true;
  } catch {
    return false;
  }
};
const ordered = (left: Maybe, right: Maybe, by: (sign: boolean) => boolean): boolean =>
  ((typeof left === "number" && typeof right === "number") ||
    (typeof left === "string" && typeof right === "string")) &&
  left !== right &&
  by(left > right);

const hashOf = (parts: readonly Maybe[]): string =>
  createHash("sha256")
    .update(asText(parts.map((part) => part ?? null)))
    .digest("hex");

const value = fc.oneof(
  { arbitrary: fc.jsonValue({ maxDepth: 2 }), weight: 2 },
  { arbitrary: fc.constantFrom(0, -1, 12.5, 1e150, 1.1e150, 1e308, -1e308, 0.1, 2 ** 53), weight: 2 },
  { arbitrary: fc.constantFrom("12", "-0.50", "1e99", "1e999", "007", "0x1F", "", " 1", "1.", "Infinity"), weight: 2 },
  { arbitrary: fc.array(fc.oneof(fc.double({ noNaN: true }), fc.constant(1e308)), { maxLength: 4 }), weight: 1 },
) as fc.Arbitrary<Json>;
const plain = value.map((one) => JSON.parse(JSON.stringify(one)) as Json);
const FIELDS = ["a", "b", "c"] as const;
const input = fc.record({ a: plain, b: plain, c: plain }, { requiredKeys: [] }) as fc.Arbitrary<Record<string, Json>>;

const unary = (of: (operand: Any) => unknown, is: (operand: Maybe) => Maybe) => (operand: Computed) => ({
  of: (from: any) => of(operand.of(from) as Any),
  is: (from: Readonly<Record<string, Json>>) => is(operand.is(from)),
});
const binary =
  (of: (left: Any, right: Any) => unknown, is: (left: Maybe, right: Maybe) => Maybe) =>
  (left: Computed, right: Computed) => ({
    of: (from: any) => of(left.of(from) as Any, right.of(from) as Any),
    is: (from: Readonly<Record<string, Json>>) => is(left.is(from), right.is(from)),
  });
const numbers = (left: Maybe, right: Maybe, result: (left: number, right: number) => number): Maybe =>
  near(left) && near(right) ? result(left, right) + 0 : undefined;

const UNARY = [
  unary(text, (one) => (one === undefined ? undefined : asText(one))),
  unary(number, (one) => (typeof one === "number" ? one : isNumeral(one) ? Number(one) : undefined)),
  unary(count as never, (one) => (Array.isArray(one) ? one.length : 0)),
  unary(sum as never, (one) =>
    !isPresentValue(one)
      ? 0
      : Array.isArray(one) && one.every(near)
        ? one.reduce((all, each) => all + each, 0)
        : undefined,
  ),
];
const BINARY = [
  binary(add, (one, other) => numbers(one, other, (left, right) => left + right)),
  binary(subtract, (one, other) => numbers(one, other, (left, right) => left - right)),
  binary(multiply, (one, other) => numbers(one, other, (left, right) => left * right)),
];

const field = (name: string): Computed => ({ of: (from) => from[name], is: (from) => from[name] });

const { computed } = fc.letrec<{ computed: Computed; test: Tested }>((tie) => {
  const operand = tie("computed");
  const operands = fc.array(operand, { minLength: 1, maxLength: 5 });
  const leaf: fc.Arbitrary<Computed> = fc.oneof(
    fc.constantFrom(...FIELDS, "missing").map(field),
    fc.constantFrom(...FIELDS).map(field),
    plain.map((literal) => ({ of: () => literal, is: () => literal })),
  );
  const many = (of: (...all: Any[]) => unknown, is: (all: readonly Maybe[]) => Maybe): fc.Arbitrary<Computed> =>
    operands.map((all) => ({
      of: (from) => of(...all.map((one) => one.of(from) as Any)),
      is: (from) => is(all.map((one) => one.is(from))),
    }));
  return {
    computed: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc.tuple(fc.constantFrom(...UNARY), operand).map(([make, one]) => make(one)),
      fc.tuple(fc.constantFrom(...BINARY), operand, operand).map(([make, one, other]) => make(one, other)),
      many(concat as never, (all) => all.map((one) => (one === undefined ? "" : asText(one))).join("")),
      many(orElse as never, (all) => all.find(isPresentValue) ?? all.at(-1)),
      many(hash as never, hashOf),
      fc.tuple(tie("test"), operand, fc.option(operand, { nil: undefined })).map(([test, then, otherwise]) => ({
        of: (from: any) => choose(test.of(from), then.of(from), otherwise?.of(from)),
        is: (from: Readonly<Record<string, Json>>) => (test.holds(from) ? then.is(from) : otherwise?.is(from)),
      })),
    ),
    test: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.tuple(operand, operand).map(([one, other]) => ({
        of: (from: any) => eq(one.of(from) as Any, other.of(from) as never),
        holds: (from: Readonly<Record<string, Json>>) => same(one.is(from), other.is(from)),
      })),
      fc.tuple(operand, operand).map(([one, other]) => ({
        of: (from: any) => gt(one.of(from) as Any, other.of(from) as never),
        holds: (from: Readonly<Record<string, Json>>) => ordered(one.is(from), other.is(from), (greater) => greater),
      })),
      fc.tuple(operand, operand).map(([one, other]) => ({
        of: (from: any) => lt(one.of(from) as Any, other.of(from) as never),
        holds: (from: Readonly<Record<string, Json>>) => ordered(one.is(from), other.is(from), (greater) => !greater),
      })),
      operand.map((one) => ({
        of: (from: any) => isPresent(one.of(from) as Any),
        holds: (from: Readonly<Record<string, Json>>) => isPresentValue(one.is(from)),
      })),
      tie("test").map((test) => ({
        of: (from: any) => not(test.of(from)),
        holds: (from: Readonly<Record<string, Json>>) => !test.holds(from),
      })),
      fc.tuple(tie("test"), tie("test")).map(([one, other]) => ({
        of: (from: any) => or(and(one.of(from), other.of(from)), not(one.of(from))),
        holds: (from: Readonly<Record<string, Json>>) => !one.holds(from) || other.holds(from),
      })),
    ),
  };
});

/** The expression that a mapping of these fields compiles to. */
function sourceFor(map: (input: any) => Readonly<Record<string, unknown>>): string {
  const one = saga<any>("Echo")
    .query("Echo", { task: stub<object, unknown>("echo"), input: (({ input: from }: any) => map(from)) as never })
    .returns(() => ({}));
  const state = compile(one, () => "arn").States["Echo"] as { Arguments?: { Payload: string } };
  return sourceOf(state.Arguments?.Payload) as string;
}

/** Undefined if the mapping nests too deep. */
function sourceOrNone(map: (input: any) => Readonly<Record<string, unknown>>): string | undefined {
  try {
    return sourceFor(map);
  } catch (error) {
    expect((error as Error).message).to.contain("nests so deep");
    return undefined;
  }
}

async function evaluated(source: string, given: Json): Promise<Readonly<Record<string, Maybe>>> {
  const context = { Execution: { Id: "arn", Input: given, StartTime: "2026-01-02T03:04:05.678Z" } };
  const functions = awsFunctions(seededRandom(1), virtualClock());
  const template = compileTemplate(`{% ${source} %}`, "Payload");
  return (await evaluateTemplate(template, { ...functions, states: { context } })) as Record<string, Maybe>;
}

/** The result of the verifier's evaluator, if it has one. */
function expectAgreed(source: string, given: Json, out: Maybe): void {
  const states: any = { context: { Execution: { Id: "arn", Input: given } } };
  const variable = (name: string): any => (name === "states" ? states : undefined);
  const { out: found }: any = evaluate(parse(source), { variable, lengths: new Map() });
  if (isKnown(found)) expect(found).to.deep.equal(out);
  if (found === SOMETHING) expect(out).not.to.equal(undefined);
}

/** The result of a mapping for an input. */
async function result(map: (input: any) => unknown, given: Json): Promise<Maybe> {
  return (
    await evaluated(
      sourceFor((from) => ({ out: map(from) })),
      given,
    )
  )["out"];
}

describe("the functions of a mapping", () => {
  for (const [cases, mark] of sizes(250)) {
    it(`have the same results as plain JavaScript for any JSON, and never fail (S8, ${cases} cases)${mark}`, async function () {
      this.timeout(60_000);
      await fc.assert(
        fc.asyncProperty(computed, fc.array(input, { minLength: 1, maxLength: 4 }), async ({ of, is }, inputs) => {
          const source = sourceOrNone((from) => ({ out: of(from), list: [of(from), 1] }));
          fc.pre(source !== undefined);
          expect(failureIn(parse(source)), "the verifier knows that it can't fail").to.equal(undefined);
          expect(levelsIn(parse(source)), "Step Functions evaluates it").to.be.below(100);
          for (const given of inputs) {
            const { out, list } = await evaluated(source, given);
            expect(out).to.deep.equal(JSON.parse(JSON.stringify({ out: is(given) })).out);
            if (!source.includes("$hash")) expectAgreed(source, given, out);
            expect(list).to.deep.equal([out ?? null, 1]);
          }
        }),
        { numRuns: cases },
      );
    });
  }

  it("nest no deeper than Step Functions evaluates, or are refused", () => {
    const many = Array.from({ length: 500 }, (_, index) => index);
    const depthOf = (map: (input: any) => unknown): number =>
      levelsIn(parse(sourceFor((from) => ({ out: map(from), list: [map(from)] }))));
    expect(depthOf((from) => concat(...many.map((index) => from.a[index] as never)))).to.be.below(60);
    expect(depthOf((from) => orElse(from.z, ...many.map((index) => from.a[index])))).to.be.below(70);
    const nested = (from: any, make: (inner: any) => unknown, times: number): any =>
      times === 0 ? from.a : make(nested(from, make, times - 1));
    const makers: readonly ((inner: any) => unknown)[] = [
      (inner) => add(inner, 1),
      (inner) => choose(gt(inner, 1), inner, 2),
      (inner) => concat(inner, "x"),
      (inner) => [hash([inner])],
      (inner) => orElse(inner, 1),
      (inner) => number(text(inner)),
      (inner) => sum([count(inner)] as never),
    ];
    for (const make of makers) {
      let times = 1;
      for (;;) {
        const deeper = times + 1;
        try {
          expect(depthOf((from) => nested(from, make, deeper))).to.be.below(100);
        } catch (error) {
          expect((error as Error).message).to.match(/nests (so deep|more than)/);
          break;
        }
        times = deeper;
        if (times > 8 && make.toString().includes("choose")) break;
      }
      expect(times, make.toString()).to.be.above(4);
    }
  });

  it("concat joins strings, and leaves out absent values", async () => {
    const map = (from: any) => concat("Order ", from.id, " of ", from.customer.name);
    expect(await result(map, { id: 7, customer: { name: "Ann" } })).to.equal("Order 7 of Ann");
    expect(await result(map, { id: 7 })).to.equal("Order 7 of ");
  });

  it("orElse returns the first present value, whose fields can be read", async () => {
    expect(await result((from) => orElse(from.coupon, from.gift, "none"), { coupon: null })).to.equal("none");
    const map = (from: any) => (orElse(from.delivery, from.home) as any)["zip code"];
    expect(await result(map, { home: { "zip code": "8000" } })).to.equal("8000");
    expect(await result(map, {})).to.equal(undefined);
  });

  it("choose decides at run time; without an alternative the value is absent", async () => {
    const size = (from: any) => choose(gt(from.total, 1000), "large", "small");
    expect(await result(size, { total: 1001 })).to.equal("large");
    expect(await result(size, {})).to.equal("small");
    expect(await result((from) => choose(isPresent(from.gift), from.gift), {})).to.equal(undefined);
  });

  it("compute only with numbers that are small enough", async () => {
    expect(await result((from) => multiply(from.a, 10), { a: 1e308 })).to.equal(undefined);
    expect(await result((from) => add(from.a, from.a), { a: 1e150 })).to.equal(2e150);
    expect(await result((from) => subtract(from.a, "1" as never), { a: 1 })).to.equal(undefined);
    expect(await result((from) => sum(from.list), { list: [1, "2"] })).to.equal(undefined);
    expect(await result((from) => sum(from.list), {})).to.equal(0);
  });

  it("hash depends on the boundaries of its parts", async () => {
    const of = (...parts: [string, string]) => result(() => hash(...parts), {});
    expect(await of("ab", "c")).to.match(/^[0-9a-f]{64}$/);
    expect(await of("ab", "c")).not.to.equal(await of("a", "bc"));
  });

  it("startedAt is the execution's start, to the second", async () => {
    const one = saga<object>("Echo")
      .query("Echo", {
        task: stub<object, unknown>("echo"),
        input: (({ saga: s }: any) => ({ at: s.startedAt })) as never,
      })
      .returns(() => ({}));
    const state = compile(one, () => "arn").States["Echo"] as { Arguments?: { Payload: string } };
    const { at } = await evaluated(sourceOf(state.Arguments?.Payload) as string, {});
    expect(at).to.equal("2026-01-02T03:04:05Z");
  });
});
