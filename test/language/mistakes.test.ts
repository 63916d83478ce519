import { SLOW } from "../slow";
import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { compile } from "../../saga/compile";
import {
  choose,
  concat,
  eq,
  gt,
  isPresent,
  orElse,
  saga,
  SagaDefinitionError,
  type SagaDefinitionErrorCode,
  seconds,
} from "../../saga/language";
import { stub } from "./tasks";

const echo = stub<Record<string, unknown>, any>("echo");

/** Mistakes that are possible in JavaScript or with a type assertion. */
type AnyBuilder = Readonly<
  Record<"query" | "step" | "when" | "wait" | "forEach" | "returns", (...given: any[]) => any>
>;
const start = (): AnyBuilder => saga<any>("Sale").query("Look", { task: echo, input: () => ({}) });
const mapping = (input: (scope: any) => unknown): AnyBuilder => start().query("Second", { task: echo, input });

function refused(define: () => unknown): SagaDefinitionError {
  try {
    define();
  } catch (error) {
    expect(error).to.be.instanceOf(SagaDefinitionError);
    return error as SagaDefinitionError;
  }
  throw new Error("the definition was accepted");
}

/* eslint-disable @typescript-eslint/no-unnecessary-condition, @typescript-eslint/restrict-plus-operands,
   @typescript-eslint/no-base-to-string, @typescript-eslint/restrict-template-expressions -- the mistakes themselves */
describe("JavaScript on a reference in a mapping", () => {
  const decided: readonly (readonly [what: string, reference: string, define: () => unknown])[] = [
    ["??", "input.coupon", () => mapping(({ input }) => ({ coupon: input.coupon ?? "none" }))],
    ["&&", "input.vip", () => mapping(({ input }) => ({ size: input.vip && "large" }))],
    ["||", "input.coupon", () => mapping(({ input }) => ({ coupon: input.coupon || "none" }))],
    ["?:", "input.vip", () => mapping(({ input }) => ({ size: input.vip ? "large" : "small" }))],
    ["!", "input.vip", () => mapping(({ input }) => ({ small: !input.vip }))],
    ["=== undefined", "input.vip", () => mapping(({ input }) => ({ small: input.vip === undefined }))],
    ["a default in a destructuring", "input.zip", () => mapping(({ input: { zip = "0" } }) => ({ zip }))],
    [
      "a default of an object in a destructuring",
      "input.home",
      () => mapping(({ input: { home: { zip } = { zip: "0" } } }) => ({ zip })),
    ],
    ["a default of a whole result", "Look", () => mapping(({ Look = { at: "home" } }) => ({ at: Look.at }))],
    [
      "if, with a part of the same reference",
      "input.home",
      () =>
        mapping(({ input: { home } }) => {
          const known = home ? "yes" : "no";
          return { known, zip: home.zip };
        }),
    ],
    [
      "if, and an error",
      "input.id",
      () =>
        mapping(({ input }) => {
          if (!input.id) throw new Error("no id");
          return { id: input.id };
        }),
    ],
    ["?? with another reference", "input.a", () => mapping(({ input }) => ({ a: input.a ?? input.b }))],
    ["?? of what a function gives", "orElse(…)", () => mapping(({ input }) => ({ a: orElse(input.a, input.b) ?? 1 }))],
    [
      "?? in a test",
      "input.plan",
      () =>
        start().when(
          "Pro",
          ({ input }: any) => eq(input.plan ?? input.old, "pro"),
          (s: any) => s.wait("Rest", seconds(1)),
        ),
    ],
    [
      "?? in a list",
      "input.lines",
      () =>
        start().forEach(
          "Each",
          ({ input }: any) => input.lines ?? input.items,
          (s: any) => s.wait("Rest", seconds(1)),
        ),
    ],
    ["?? in a wait", "input.at", () => start().wait("Rest", ({ input }: any) => input.at ?? input.then)],
    ["?? in what is returned", "Look.id", () => start().returns(({ Look }: any) => ({ id: Look.id ?? "none" }))],
    [
      "?: by an item of a list, in a mapping",
      "Each.item.gift",
      () =>
        start().forEach(
          "Each",
          ({ input }: any) => input.lines,
          (s: any, line: any) => s.query("Wrap", { task: echo, input: () => ({ paper: line.gift ? "red" : "brown" }) }),
        ),
    ],
  ];
  for (const [what, reference, define] of decided) {
    it(`is refused with ${what}: JavaScript would decide once for all executions`, () => {
      const { code, message } = refused(define);
      expect(code).to.equal("tested-reference");
      expect(message).to.contain(`JavaScript decides by '${reference}'`);
      expect(message).to.contain("orElse(a, b)").and.contain("choose(test, a, b)");
    });
  }

  it(`is refused with ?? among a thousand references ${SLOW}`, () => {
    const fields = Array.from({ length: 1000 }, (_, index) => `f${index}`);
    const map =
      (mistaken: string) =>
      ({ input }: any) =>
        Object.fromEntries(fields.map((field) => [field, field === mistaken ? (input[field] ?? 1) : input[field]]));
    mapping(map("none"));
    expect(refused(() => mapping(map("f700"))).message).to.contain("'input.f700'");
  });

  it("is accepted if JSON would do the same: an optional chain, a field of a value that may be absent", () => {
    const taken: readonly ((scope: any) => unknown)[] = [
      ({ input }) => ({ zip: input.home?.zip, deep: input.a.b.c.d, whole: input.home }),
      ({ input: { a }, Look: { id } }) => ({ a, id }),
      ({ input }) => ({ list: [input.a, { b: input.b }], text: concat(input.a, "-", input.b) }),
      ({ input }) => ({ size: choose(gt(input.total, 1), orElse(input.a, "b"), input.c) }),
      () => ({ at: new Date(0).toISOString(), year: new Date("2020-01-01").getFullYear() }),
    ];
    for (const map of taken) mapping(map);
  });

  const unsteady: readonly (readonly [what: string, map: (scope: any) => unknown])[] = [
    ["new Date()", () => ({ at: new Date().toISOString() })],
    ["the year", ({ input }) => ({ id: input.id, year: new Date().getFullYear() })],
    ["the day", () => ({ day: new Date().toISOString().slice(0, 10) })],
    ["Date()", () => ({ at: Date() })],
    ["Date.now()", ({ input }) => ({ id: input.id, at: Date.now() })],
    ["randomUUID()", () => ({ key: randomUUID() })],
    ["Math.random()", ({ input }) => ({ id: input.id, lot: Math.random() })],
  ];
  for (const [what, map] of unsteady) {
    it(`is refused with ${what}, which is evaluated at the deploy and differs in the undo`, () => {
      const { code, message } = refused(() => mapping(map));
      expect(code).to.equal("unsteady-mapping");
      expect(message).to.contain("saga.startedAt").and.contain("saga.id").and.contain("hash(…)");
    });
  }

  it("restores the clock, also if the function fails", () => {
    const { Date: before } = globalThis;
    mapping(({ input }) => ({ id: input.id }));
    refused(() =>
      mapping(() => {
        throw new SagaDefinitionError("bad-mapping", {}, "a mistake", "Mend it");
      }),
    );
    refused(() => mapping(() => ({ at: Date.now() })));
    expect(globalThis.Date).to.equal(before);
  });

  it("is refused with the name of the right function", () => {
    const says = (map: (scope: any) => unknown): string => refused(() => mapping(map)).message;
    expect(says(({ input }) => ({ a: `R-${input.a}` }))).to.match(/'input\.a' is made part of a text.*concat\(…\)/);
    expect(says(({ input }) => ({ a: "R-" + input.a }))).to.match(/'input\.a' is computed with.*concat\(…\).*add\(…\)/);
    expect(says(({ input }) => ({ a: input.a * 2 }))).to.match(/'input\.a' is computed with.*multiply\(…\)/);
    expect(says(({ input }) => ({ a: String(input.a) }))).to.match(/'input\.a' is made part of a text.*text\(…\)/);
    expect(says(({ input }) => ({ a: JSON.stringify(input.a) }))).to.match(/'input\.a' is turned into JSON.*text\(…\)/);
    expect(says(({ input }) => ({ a: `${concat(input.a)}` }))).to.match(/'concat\(…\)' is made part of a text/);
    expect(says(({ input }) => ({ a: gt(input.a, 1) }))).to.match(/the mapping's 'a' is a test.*choose\(test, a, b\)/);
    expect(says(({ input }) => ({ a: gt(input.a, 1) ? "large" : "small" }))).to.match(
      /a test is made and left out.*choose\(test, a, b\)/,
    );
  });

  it("does not affect another saga through an unused condition", () => {
    refused(() =>
      start().when(
        "Maybe",
        ({ input }: any) => {
          isPresent(input.sku);
          throw new SagaDefinitionError("bad-mapping", {}, "a mistake", "Mend it");
        },
        (s: any) => s.wait("Rest", seconds(1)),
      ),
    );
    isPresent(saga<any>("Other") as never);
    start().when(
      "Maybe",
      ({ input }: any) => isPresent(input.sku),
      (s: any) => s.wait("Rest", seconds(1)),
    );
  });

  it("may be defined while another saga is", () => {
    let inner: unknown;
    const build = (): unknown => start().returns(({ Look }: any) => ({ id: Look.id }));
    mapping(({ input }) => {
      inner ??= build();
      return { id: input.id };
    });
    expect(inner).to.deep.equal(build());
  });
});

describe("an undo", () => {
  it("is refused if it calls its action's task", () => {
    const codes: SagaDefinitionErrorCode[] = ["bad-role"];
    const { code, message } = refused(() =>
      start().step("Charge", {
        task: echo,
        input: () => ({}),
        undo: { name: "Refund", task: echo, input: () => ({}) },
      }),
    );
    expect(codes).to.include(code);
    expect(message).to.contain("step 'Charge': the undo calls 'echo', as the action does");
  });
});

describe("an output of Pulumi's in a mapping", () => {
  const output = (): object => ({ __pulumiOutput: true });
  const one = output();

  it("is deferred at any place until the deployment knows its value", () => {
    const built = start()
      .query("Second", {
        task: echo,
        input: ({ input }: any) => ({ id: input.id, url: concat(one as never, "/", input.id), one }),
      })
      .when(
        "Maybe",
        ({ input }: any) => eq(input.plan, one),
        (s: any) => s.wait("Rest", () => one),
      )
      .returns(() => one);
    const { States } = compile(built, () => "arn") as any;
    const { Payload } = States.Second.Arguments;
    expect(Payload.values).to.deep.equal([one, one]);
    expect(Payload.values[0]).to.equal(one);
    expect(Payload.with(["'https://a'", "'{% b %}'"])).to.equal(
      "{% {'id': $states.context.Execution.Input.id, 'url': (('https://a' & '/') & $states.context.Execution.Input.id), " +
        "'one': '{% b %}', 'saga': {'id': $states.context.Execution.Id, 'step': 'Second'}} %}",
    );
    expect(States.Maybe.Choices[0].Condition.with(["'pro'"])).to.equal(
      "{% $states.context.Execution.Input.plan = 'pro' %}",
    );
    expect(States.Rest.Timestamp.values).to.deep.equal([one]);
    expect(Object.isFrozen(one)).to.equal(false);
  });

  it("may be a new object each time, such as a property of an output, but not chosen by JavaScript", () => {
    mapping(({ input }) => ({ id: input.id, one: output() }));
    expect(refused(() => mapping(({ input }) => ({ one: input.vip ? one : output() }))).code).to.equal(
      "tested-reference",
    );
  });
});
