import { expect } from "chai";
import { compile } from "../../saga/compile";
import {
  callbackTask,
  gt,
  isPresent,
  minutes,
  saga,
  SagaDefinitionError,
  type SagaDefinitionErrorCode,
  seconds,
  tasksOf,
} from "../../saga/language";
import { charge, type Purchase, refund, release, reserve, stub } from "./tasks";

const start = () =>
  saga<Purchase>("Purchase").step("Reserve", {
    task: reserve,
    input: ({ input }) => ({ sku: input.sku }),
    undo: { name: "Release", task: release, input: ({ input }) => ({ sku: input.sku }) },
  });

type AnyBuilder = { step(name: string, step: object): AnyBuilder; returns(output: (scope: any) => unknown): any };
// Mistakes that are possible in JavaScript or with a type assertion.
const untyped = () => start() as unknown as AnyBuilder;

const chargeStep = (changes: object = {}, undoChanges: object = {}) => ({
  task: charge,
  input: ({ Reserve }: any) => ({ reservation: Reserve.reservation }),
  undo: { name: "Refund", task: refund, input: ({ Charge }: any) => ({ charge: Charge.charge }), ...undoChanges },
  ...changes,
});

function refused(define: () => unknown): SagaDefinitionError {
  try {
    define();
  } catch (error) {
    expect(error).to.be.instanceOf(SagaDefinitionError);
    return error as SagaDefinitionError;
  }
  throw new Error("the definition was accepted");
}

describe("the saga builder", () => {
  it("returns frozen data, and does not change the builder on which it was called", () => {
    const builder = start();
    const one = builder.returns(() => ({}));
    const two = builder.step("Charge" as never, chargeStep()).returns(() => ({}));
    expect(one.steps.map((step) => step.name)).to.deep.equal(["Reserve"]);
    expect(two.steps.map((step) => step.name)).to.deep.equal(["Reserve", "Charge"]);
    for (const part of [builder, one, one.steps, one.steps[0], (one.steps[0] as any).undo, one.output])
      expect(part).to.be.frozen;
  });

  it("names every task once, in the order of the steps", () => {
    const twice = start().step("Again", {
      task: reserve,
      input: ({ input }) => ({ sku: input.sku }),
      undo: { name: "ReleaseAgain", task: release, input: ({ input }) => ({ sku: input.sku }) },
    });
    expect(tasksOf(twice.returns(() => ({}))).map((task) => task.name)).to.deep.equal(["reserve", "release"]);
  });

  it("passes a value that a condition found present to the branch and its undos", () => {
    const noted = start()
      .when(
        "Noted",
        ({ input }) => isPresent(input.note),
        (s, note) =>
          s.step("Charge", {
            task: charge,
            input: () => ({ reservation: note }),
            undo: { name: "Refund", task: refund, input: () => ({ charge: note }) },
          }),
      )
      .returns(() => ({}));
    const { States } = compile(noted, (task) => task.name);
    for (const state of ["Charge", "Refund"]) {
      expect(JSON.stringify(States[state])).to.contain("$states.context.Execution.Input.note");
    }
  });

  it("passes on present values of a step's result, of an included saga's and of an item", () => {
    const inner = start().returns(({ Reserve, input }) => ({ id: Reserve.reservation, note: input.note }));
    const outer = saga<{ purchase: Purchase; tags: (string | null)[] }>("Outer")
      .include("Buy", inner, ({ input }) => input.purchase)
      .when(
        "Noted",
        ({ Buy }) => isPresent(Buy.note),
        (s, note) => s.query("Note", { task: charge, input: () => ({ reservation: note }) }),
      )
      .when(
        "Reserved",
        ({ Buy }) => isPresent(Buy.id),
        (s, id) => s.query("Line", { task: charge, input: () => ({ reservation: id }) }),
      )
      .forEach(
        "Tags",
        ({ input }) => input.tags,
        (each, item) =>
          each.when(
            "Tagged",
            () => isPresent(item),
            (s, tag) => s.query("Tag", { task: charge, input: () => ({ reservation: tag }) }),
          ),
      )
      .returns(() => ({}));
    const text = JSON.stringify(compile(outer, (task) => task.name));
    expect(text).to.contain("'reservation': $states.context.Execution.Input.purchase.note");
    expect(text).to.contain("'reservation': $Buy_Reserve.reservation");
    expect(text).to.contain("'reservation': $states.input.item");
  });

  it("keeps a present value in the branch whose condition found it", () => {
    let leaked: unknown;
    const define = () =>
      start()
        .when(
          "Noted",
          ({ input }) => isPresent(input.note),
          (s, note) => s.query("Look", { task: charge, input: () => ({ reservation: (leaked = note) }) }),
        )
        .query("Again", { task: charge, input: () => ({ reservation: leaked as string }) });
    const error = refused(define);
    expect(error.code).to.equal("foreign-reference");
  });

  const mistakes: [title: string, code: SagaDefinitionErrorCode, define: () => unknown, says: RegExp][] = [
    ["a saga without steps", "no-steps", () => saga("Empty").returns(() => ({})), /saga 'Empty'.*no steps.*\.step\(/],
    ["a saga's name with a blank", "bad-name", () => saga("My saga"), /"My saga" can't name a saga/],
    ["a saga's name that leaves no room for Pulumi's suffix", "bad-name", () => saga("x".repeat(68)), /1 to 67/],
    ["a step's name with a blank", "bad-name", () => untyped().step("Charge card", chargeStep()), /"Charge card"/],
    ["a step's name of 81 characters", "bad-name", () => untyped().step("C".repeat(81), chargeStep()), /1 to 80/],
    ["an empty name", "bad-name", () => untyped().step("", chargeStep()), /"" can't name a state/],
    [
      "an undo's bad name",
      "bad-name",
      () => untyped().step("Charge", chargeStep({}, { name: "Re-fund" })),
      /"Re-fund"/,
    ],
    ["a step called 'input'", "reserved-name", () => untyped().step("input", chargeStep()), /'input' has a meaning/],
    ["a step that hides a JSONata function", "reserved-name", () => untyped().step("merge", chargeStep()), /'merge'/],
    [
      "a step called 'constructor'",
      "reserved-name",
      () => untyped().step("constructor", chargeStep()),
      /'constructor'/,
    ],
    ["two steps of one name", "duplicate-name", () => untyped().step("Reserve", chargeStep()), /'Reserve' is already/],
    [
      "an undo named as a step",
      "duplicate-name",
      () => untyped().step("Charge", chargeStep({}, { name: "Reserve" })),
      /'Reserve'/,
    ],
    [
      "an undo named as its own step",
      "duplicate-name",
      () => untyped().step("Charge", chargeStep({}, { name: "Charge" })),
      /'Charge'/,
    ],
    [
      "two tasks of one name",
      "task-conflict",
      () => untyped().step("Charge", chargeStep({ task: stub("reserve") })),
      /two tasks are called 'reserve'/,
    ],
    [
      "a reference in a template literal",
      "coerced-reference",
      () => untyped().step("Charge", chargeStep({ input: ({ input }: any) => ({ reservation: `R-${input.sku}` }) })),
      /step 'Charge': 'input\.sku' is made part of a text.*Use concat\(…\)/,
    ],
    [
      "a reference in arithmetic",
      "coerced-reference",
      () => untyped().step("Charge", chargeStep({ input: ({ input }: any) => ({ reservation: input.count * 2 }) })),
      /'input\.count'/,
    ],
    [
      "a reference that is spread",
      "coerced-reference",
      () => untyped().step("Charge", chargeStep({ input: ({ input }: any) => ({ ...input }) })),
      /'input' is spread.*Name each field/,
    ],
    [
      "a reference that is stringified",
      "coerced-reference",
      () =>
        untyped().step("Charge", chargeStep({ input: ({ input }: any) => ({ reservation: JSON.stringify(input) }) })),
      /'input'/,
    ],
    [
      "a reference that is asked for a key",
      "coerced-reference",
      () => untyped().step("Charge", chargeStep({ input: ({ input }: any) => ({ reservation: "sku" in input }) })),
      /'input'/,
    ],
    [
      "a reference that is iterated",
      "coerced-reference",
      () => untyped().step("Charge", chargeStep({ input: ({ input }: any) => ({ reservation: [...input.tags] }) })),
      /'input\.tags'/,
    ],
    [
      "a name that is not in scope",
      "foreign-reference",
      () => untyped().step("Charge", chargeStep({ input: ({ Later }: any) => ({ reservation: Later }) })),
      /'Later' is not in scope here.*input, saga, Reserve/,
    ],
    [
      "an action that reads its own result",
      "foreign-reference",
      () => untyped().step("Charge", chargeStep({ input: ({ Charge }: any) => ({ reservation: Charge.charge }) })),
      /'Charge' is not in scope/,
    ],
    [
      "a reference from another scope",
      "foreign-reference",
      () => {
        let leaked: unknown;
        const leaks = ({ input }: any) => {
          leaked ??= input;
          return { reservation: input.sku };
        };
        untyped().step("Charge", chargeStep({ input: leaks }));
        untyped().step("Charge", chargeStep({ input: () => ({ reservation: (leaked as any).sku }) }));
      },
      /the mapping's 'reservation' is 'input\.sku' of another scope/,
    ],
    [
      "a mapping that is not an object",
      "bad-mapping",
      () => untyped().step("Charge", chargeStep({ input: () => "R" })),
      /the input is not an object/,
    ],
    [
      "a mapping of a date",
      "bad-mapping",
      () => untyped().step("Charge", chargeStep({ input: () => ({ at: new Date(0) }) })),
      /the mapping's 'at' is a Date/,
    ],
    [
      "an asynchronous mapping",
      "bad-mapping",
      () => untyped().step("Charge", chargeStep({ input: async () => ({}) })),
      /is a Promise.*synchronous/,
    ],
    [
      "a mapping of NaN",
      "bad-mapping",
      () => untyped().step("Charge", chargeStep({ input: () => ({ list: [1, NaN] }) })),
      /the mapping's 'list\.1' is NaN/,
    ],
    [
      "a mapping of a function",
      "bad-mapping",
      () => untyped().step("Charge", chargeStep({ input: () => ({ f: () => 1 }) })),
      /'f' is of type function/,
    ],
    ["a duration of half a second", "bad-duration", () => seconds(0.5), /seconds\(0.5\)/],
    [
      "no attempts",
      "bad-retry",
      () => untyped().step("Charge", chargeStep({ retry: { attempts: 0 } })),
      /retry\.attempts is 0/,
    ],
    [
      "a backoff below 1",
      "bad-retry",
      () => untyped().step("Charge", chargeStep({ retry: { attempts: 1, backoff: 0.5 } })),
      /retry\.backoff is 0\.5/,
    ],
    [
      "a ceiling below the interval",
      "bad-retry",
      () => untyped().step("Charge", chargeStep({ retry: { attempts: 1, interval: minutes(2), ceiling: minutes(1) } })),
      /ceiling \(60 s\) is below/,
    ],
    [
      "a retry of every error of an action",
      "bad-retry",
      () => untyped().step("Charge", chargeStep({ retry: { attempts: 1, errors: ["States.ALL"] } })),
      /Name the errors/,
    ],
    [
      "an undo that picks its errors",
      "bad-retry",
      () => untyped().step("Charge", chargeStep({}, { retry: { attempts: 1, errors: ["Busy"] } })),
      /step 'Refund'.*any error/,
    ],
    [
      "a timeout called definite",
      "bad-definite-error",
      () => untyped().step("Charge", chargeStep({ definite: ["States.Timeout"] })),
      /does not prove that nothing happened/,
    ],
    [
      "a forgotten undo",
      "bad-role",
      () => untyped().step("Charge", chargeStep({ undo: undefined })),
      /undo is missing/,
    ],
    ["an undo of a query", "bad-role", () => (start() as any).query("Charge", chargeStep()), /a query has no undo/],
    [
      "a second pivot",
      "bad-role",
      () => (start() as any).pivot("Charge", chargeStep()).pivot("Again", chargeStep()),
      /has a pivot already/,
    ],
    [
      "an undo after the pivot",
      "bad-role",
      () => (start() as any).pivot("Charge", chargeStep()).step("Again", chargeStep({}, { name: "UnAgain" })),
      /nothing is undone after the pivot/,
    ],
    [
      "a branch that gives nothing back",
      "bad-branch",
      () => (start() as any).parallel("Both", { left: () => undefined }),
      /does not give back its steps/,
    ],
    [
      "a branch that wants what its test has not found",
      "bad-branch",
      () =>
        (start() as any).when(
          "Many",
          ({ input }: any) => gt(input.count, 1),
          (s: any, count: any) => s.query("Look", { task: charge, input: () => ({ reservation: count }) }),
        ),
      /step 'Many': the branch wants a reference.*isPresent\(…\)/,
    ],
    [
      "a branch without steps",
      "bad-branch",
      () => (start() as any).parallel("Both", { left: (s: unknown) => s }),
      /'left' has no steps/,
    ],
    ["no branches", "bad-branch", () => (start() as any).parallel("Both", {}), /no branches/],
    [
      "forty-one items at once",
      "bad-concurrency",
      () =>
        (start() as any).forEach(
          "Each",
          ({ input }: any) => input.tags,
          (s: any) => s.wait("Rest", seconds(1)),
          { maxConcurrency: 41 },
        ),
      /maxConcurrency is 41/,
    ],
    [
      "a test that is none",
      "bad-mapping",
      () =>
        (start() as any).when(
          "Maybe",
          ({ input }: any) => input.count,
          (s: any) => s.wait("Rest", seconds(1)),
        ),
      /the function gives no test/,
    ],
    [
      "tests that && has made one of",
      "bad-mapping",
      () =>
        (start() as any).when(
          "Maybe",
          // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- the mistake itself
          ({ input }: any) => gt(input.count, 1) && isPresent(input.sku),
          (s: any) => s.wait("Rest", seconds(1)),
        ),
      /a test is made and left out.*and\(…\)/,
    ],
    [
      "a pivot without an undo",
      "bad-role",
      () => (start() as any).pivot("Charge", { task: charge, input: () => ({}) }),
      /the undo is missing/,
    ],
    [
      "two child sagas of one name",
      "duplicate-name",
      () => {
        const named = () =>
          saga("Twin")
            .query("Look", { task: charge, input: () => ({ reservation: "" }) })
            .returns(() => ({}));
        return (start() as any).child("One", named(), () => ({})).child("Other", named(), () => ({}));
      },
      /two sagas are called 'Twin'/,
    ],
    [
      "a callback without a timeout",
      "bad-timeout",
      () =>
        (start() as any).query("Ask", {
          task: callbackTask("ask", { table: [], handler: () => async () => {} }),
          input: () => ({}),
        }),
      /waits for an answer, and has no timeout/,
    ],
    [
      "a heartbeat of what has no token",
      "bad-timeout",
      () => untyped().step("Charge", chargeStep({ heartbeat: seconds(5) })),
      /only a callback task has a heartbeat/,
    ],
  ];
  for (const [title, code, define, says] of mistakes) {
    it(`refuses ${title}`, () => {
      const error = refused(define);
      expect(error.message).to.match(says);
      expect(error.message).to.contain(error.hint);
      expect(error.code).to.equal(code);
    });
  }

  it("refuses a definition over 1 MB in the compiler", () => {
    const big = untyped().step("Charge", chargeStep({ input: () => ({ reservation: "x".repeat(1024 * 1024) }) }));
    const error = refused(() =>
      compile(
        big.returns(() => ({})),
        (task) => task.name,
      ),
    );
    expect(error.code).to.equal("definition-too-large");
    expect(error.message).to.match(/1,05\d,\d{3} bytes, and Step Functions takes 1,048,576/);
  });
});
