/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters, @typescript-eslint/restrict-plus-operands --
   the first is what comparing types takes, the second is a mistake shown on purpose */
// Compiled by `tsc`, never run: each line that must be refused carries @ts-expect-error.
import { compile } from "../../saga/compile";
import type { Input, Output } from "@pulumi/pulumi";
import {
  eq,
  gt,
  isPresent,
  type Mapped,
  type Maybe,
  type Ref,
  saga,
  type Saga,
  type SagaBuilder,
  task,
  type Task,
} from "../../saga/language";
import { charge, type Purchase, refund, release, reserve, stub } from "../language/tasks";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(...equal: Equal<A, B> extends true ? [] : ["the types differ", A, B]): void;

const undoReserve = { name: "Release", task: release, input: () => ({ sku: "" }) };
const undoCharge = { name: "Refund", task: refund, input: () => ({}) };

const reserved = saga<Purchase>("Purchase").step("Reserve", {
  task: reserve,
  input: ({ input }) => {
    same<typeof input.sku, Ref<string>>();
    same<typeof input.note, Ref<string | undefined>>();
    same<(typeof input.tags)[0], Ref<string | undefined>>();
    return { sku: input.sku, count: input.count };
  },
  undo: {
    name: "Release",
    task: release,
    input: ({ input, Reserve }) => {
      // Its own step may have failed before it had a result.
      Reserve satisfies Maybe<{ reservation: string; lines: { sku: string }[] }>;
      Reserve.reservation satisfies Ref<string | undefined>;
      // @ts-expect-error the reservation may be absent
      Reserve.reservation satisfies Ref<string>;
      return { sku: input.sku, reservation: Reserve.reservation };
    },
  },
});

const charged = reserved.step("Charge", {
  task: charge,
  input: ({ Reserve, input }) => {
    same<typeof Reserve.reservation, Ref<string>>();
    return { reservation: Reserve.reservation, card: input.note };
  },
  undo: { name: "Refund", task: refund, input: ({ Charge }) => ({ charge: Charge.charge }) },
});

const finished = charged.returns(({ Reserve, Charge, input }) => ({
  ids: [Reserve.reservation, Charge.charge],
  note: input.note,
  ok: true,
}));
same<typeof finished, Saga<Purchase, { ids: [string, string]; note: string | undefined; ok: true }>>();
compile(finished, (task) => task.name).StartAt satisfies string;

// A name is used once.
// @ts-expect-error 'Reserve' is already the name of a step
reserved.step("Reserve", { task: charge, input: () => ({ reservation: "" }), undo: undoCharge });
// @ts-expect-error 'input' is reserved
reserved.step("input", { task: charge, input: () => ({ reservation: "" }), undo: undoCharge });
// @ts-expect-error 'failure' is reserved
reserved.step("failure", { task: charge, input: () => ({ reservation: "" }), undo: undoCharge });

// An undo can't be forgotten.
// @ts-expect-error the undo is missing
reserved.step("Charge", { task: charge, input: () => ({ reservation: "" }) });

// A mapping must give the task its input.
// @ts-expect-error reservation is missing
reserved.step("Charge", { task: charge, input: () => ({}), undo: undoCharge });
// @ts-expect-error a number is not a string
reserved.step("Charge", { task: charge, input: ({ input }) => ({ reservation: input.count }), undo: undoCharge });
// @ts-expect-error an optional field is not enough
reserved.step("Charge", { task: charge, input: ({ input }) => ({ reservation: input.note }), undo: undoCharge });
// @ts-expect-error there is no such field
reserved.step("Charge", { task: charge, input: ({ input }) => ({ reservation: input.nothing }), undo: undoCharge });

// An action sees what came before it, and nothing else.
// @ts-expect-error not its own result
reserved.step("Charge", { task: charge, input: ({ Charge }) => ({ reservation: Charge.charge }), undo: undoCharge });

// An undo must not rely on its own step's result.
saga<Purchase>("Purchase").step("Reserve", {
  task: reserve,
  input: ({ input }) => ({ sku: input.sku }),
  undo: {
    name: "Release",
    task: stub<{ reservation: string }, object>("releaseForSure"),
    // @ts-expect-error the reservation may be absent
    input: ({ Reserve }) => ({ reservation: Reserve.reservation }),
  },
});

// A reference is not a value.
saga<Purchase>("Purchase").step("Reserve", {
  task: reserve,
  // @ts-expect-error not a string
  input: ({ input }) => ({ sku: input.sku.toUpperCase() }),
  undo: undoReserve,
});
saga<Purchase>("Purchase").step("Reserve", {
  task: reserve,
  // @ts-expect-error not a number
  input: ({ input }) => ({ sku: "", count: input.count + 1 }),
  undo: undoReserve,
});

// Literals, references and both mixed, at any depth.
declare const line: Ref<{ sku: string; count: number }>;
declare const sku: Ref<string>;
[line, { sku, count: 1 }, { sku: "a", count: 2 }] satisfies Mapped<{ sku: string; count: number }[]>;

// Every shape adds its results to the later scope.

const shapes = reserved
  .parallel("Both", {
    left: (s) => s.query("Left", { task: charge, input: ({ Reserve }) => ({ reservation: Reserve.reservation }) }),
    right: (s) =>
      s.step("Right", {
        task: charge,
        input: ({ Reserve }) => ({ reservation: Reserve.reservation }),
        undo: { name: "UnRight", task: refund, input: ({ Right }) => ({ charge: Right.charge }) },
      }),
  })
  .when(
    "Many",
    ({ input }) => gt(input.count, 3),
    (s) =>
      s.step("Extra", {
        task: charge,
        input: ({ Both }) => {
          same<typeof Both.left.Left.charge, Ref<string>>();
          return { reservation: Both.right.Right.charge };
        },
        undo: { name: "UnExtra", task: refund, input: () => ({}) },
      }),
    (s) => s.wait("Rest", ({ input }) => input.note),
  )
  .forEach(
    "Tags",
    ({ input }) => input.tags,
    (s, tag, index) => {
      same<typeof tag, Ref<string>>();
      return s.step("Tag", {
        task: charge,
        input: ({ Extra }) => {
          same<typeof Extra, Maybe<{ charge: string }>>();
          return { reservation: tag, card: Extra.charge };
        },
        undo: { name: "UnTag", task: refund, input: () => ({ charge: tag, count: index }) },
      });
    },
  )
  .when(
    "Noted",
    ({ input }) => isPresent(input.note),
    (s) => s.wait("Later", ({ input }) => input.note),
  );
const shaped = shapes.returns(({ Tags, Extra }) => ({ tags: Tags, extra: Extra.charge }));
same<
  typeof shaped,
  Saga<Purchase, { tags: readonly { readonly Tag: { charge: string } }[]; extra: string | undefined }>
>();

// An included saga: its input is mapped, and its output is in scope.
saga<{ order: Purchase }>("Outer")
  .include("Buy", shaped, ({ input }) => input.order)
  .returns(({ Buy }) => {
    same<typeof Buy.extra, Ref<string | undefined>>();
    return { extra: Buy.extra };
  });
saga<{ order: string }>("Outer")
  // @ts-expect-error the included saga needs a purchase
  .include("Buy", shaped, ({ input }) => input.order);

// A condition compares values of the same type.
declare const count: Ref<number>;
declare const text: Ref<string>;
// @ts-expect-error a number is not compared with a string
gt(count, "3");
// @ts-expect-error a string is not compared with a number
eq(text, 3);
shapes.forEach(
  "Letters",
  // @ts-expect-error forEach needs a list, not a string
  ({ input }) => input.sku,
  (s) => s,
);

// A readonly list fits a list, at any depth.
declare const frozen: Ref<{ readonly lines: readonly { readonly sku: string }[] }>;
frozen satisfies Mapped<{ lines: { sku: string }[] }>;
declare const lined: Task<{ lines: { sku: string; count?: number }[] }, object>;
saga<{ lines: readonly { readonly sku: string }[] }>("Lines")
  .query("Whole", { task: lined, input: ({ input }) => ({ lines: input.lines }) })
  .query("Each", { task: lined, input: () => ({ lines: [{ sku: "a", count: 1 }, { sku: "b" }] }) })
  // @ts-expect-error the lists' items have another type
  .query("Other", { task: lined, input: ({ input }) => ({ lines: [input.lines] }) });

// In JSON, a Date is a string.
declare const booked: Ref<{ at: Date; until?: Date }>;
same<typeof booked.at, Ref<string>>();
same<typeof booked.until, Ref<string | undefined>>();
// @ts-expect-error a task gets no Date
booked.at satisfies Mapped<Date>;

// A result may be of any type that stays what it is in JSON.
enum Level {
  Low,
  High,
}
class Point {
  constructor(
    readonly x: number,
    protected readonly hidden: bigint,
  ) {}
}
interface Tree {
  readonly id: string;
  readonly kids: readonly Tree[];
  readonly parent?: Tree;
  readonly named: Record<string, Tree>;
}
type AnyJson = null | string | number | boolean | AnyJson[] | { [key: string]: AnyJson };
interface Kept {
  level: Level;
  point: Point;
  tree: Tree;
  json: AnyJson;
  id: string & { readonly brand: "id" };
  note?: string;
  said: string | undefined;
  kind: { kind: "a"; x?: number } | { kind: "b"; y: [string, number] } | string;
  unknown: unknown;
  any: any;
  object: object;
  never: never;
  nothing: null;
  template: `a${string}`;
}
stub<Purchase, Kept>("kept");
stub<Purchase, AnyJson>("any");
stub<Purchase, Tree | undefined>("tree");
stub<Purchase, unknown>("unknown");
task("nothing", { handler: () => () => Promise.resolve() });
stub<Purchase, Record<string, unknown>>("record");
// The types of a task without any are those of its handler.
export const inferred = task("inferred", {
  handler: () => (given: { sku: string }) =>
    Promise.resolve({ sku: given.sku, tags: ["a", 1] as const, at: given.sku.at(0) }),
});
same<
  typeof inferred extends Task<infer In, infer Out> ? [In, Out] : never,
  [{ sku: string }, { sku: string; tags: readonly ["a", 1]; at: string | undefined }]
>();

// The fields of every member of a union can be read.
type Payment = { kind: "card"; card: string } | { kind: "bank"; iban: string; bank: { name: string } };
declare const paid: Ref<{ by: Payment; again?: Payment; before: { id: string } | null }>;
paid.by.kind satisfies Ref<"card" | "bank">;
same<typeof paid.by.iban, Ref<string | undefined>>();
same<typeof paid.by.bank.name, Ref<string | undefined>>();
same<typeof paid.again.card, Ref<string | undefined>>();
same<typeof paid.before.id, Ref<string | undefined>>();
eq(paid.by.kind, "bank");
// @ts-expect-error there is no such kind
eq(paid.by.kind, "cash");
declare const payBy: Task<{ by: Payment }, object>;
saga<{ by: Payment; iban: string }>("Pay")
  .query("Whole", { task: payBy, input: ({ input }) => ({ by: input.by }) })
  .query("Bank", {
    task: payBy,
    input: ({ input }) => ({ by: { kind: "bank", iban: input.iban, bank: { name: "x" } } }),
  });

// A literal keeps its literal type, also in a mapping that does not use its scope.
declare const planned: Task<{ plan: "free" | "pro"; tags: string[]; more: Record<string, unknown> }, object>;
saga("Plan")
  .query("Pro", { task: planned, input: () => ({ plan: "pro", tags: ["a", "b"], more: { a: [1, { b: true }] } }) })
  // @ts-expect-error there is no such plan
  .query("Por", { task: planned, input: () => ({ plan: "por", tags: [], more: {} }) });

// A whole reference may have more fields than needed.
reserved.query("Whole", { task: charge, input: ({ Reserve }) => Reserve });
// @ts-expect-error a purchase has no reservation
reserved.query("Whole", { task: charge, input: ({ input }) => input });

// A mapping may be declared with its type.
declare const anyCharge: () => Mapped<{ reservation: string; card?: string }>;
declare const anyCount: () => Mapped<{ reservation: number }>;
reserved.query("Any", { task: charge, input: anyCharge });
// @ts-expect-error a number is not a string
reserved.query("Any", { task: charge, input: anyCount });
function undoBy<In>(name: string, task: Task<In, unknown>, input: () => Mapped<In>) {
  return { name, task, input };
}
reserved.step("Charge", { task: charge, input: anyCharge, undo: undoBy("Refund", refund, () => ({ count: 1 })) });

// An output fits if its value does.
declare const output: Output<string>;
declare const numbers: Output<number>;
declare const either: Input<string>;
const deployed = reserved
  .query("Output", { task: charge, input: () => ({ reservation: output, card: either }) })
  .query("Input", { task: charge, input: () => ({ reservation: either }) })
  .returns(() => ({ output, text: either }));
deployed satisfies Saga<Purchase, { output: string; text: string }>;
// @ts-expect-error the output's value is a number
reserved.query("Output", { task: charge, input: () => ({ reservation: numbers }) });

// A value that a condition found present is present in its branch.
reserved.when(
  "Noted",
  ({ input }) => isPresent(input.note),
  (s, note) => {
    same<typeof note, Ref<string>>();
    return s.query("Look", { task: charge, input: () => ({ reservation: note }) });
  },
);
reserved.when(
  "Paid",
  () => isPresent(paid.again),
  (s, again) => {
    again.kind satisfies Ref<"card" | "bank">;
    return s.query("Look", { task: charge, input: () => ({ reservation: again.kind }) });
  },
);

// The two sides of a condition can be merged.
declare function orElse<T>(first: Ref<T | undefined>, then: Ref<T | undefined>): Ref<T | undefined>;
declare function orElse<T>(first: Ref<T | undefined>, then: Mapped<T>): Ref<T>;
reserved
  .when(
    "Many",
    ({ input }) => gt(input.count, 3),
    (s) => s.query("A", { task: charge, input: () => ({ reservation: "a" }) }),
    (s) => s.query("B", { task: charge, input: () => ({ reservation: "b" }) }),
  )
  .query("Either", {
    task: charge,
    input: ({ A, B }) => ({
      reservation: orElse(orElse(A.charge, B.charge), "none"),
      card: orElse(A.charge, B.charge),
    }),
  });
// An undo can have an alternative to its own result.
saga<Purchase>("Purchase").step("Reserve", {
  task: reserve,
  input: ({ input }) => ({ sku: input.sku }),
  undo: {
    name: "Release",
    task: stub<{ reservation: string }, object>("releaseForSure"),
    input: ({ Reserve }) => ({ reservation: orElse(Reserve.reservation, "none") }),
  },
});

// A builder may stand for one with fewer results, and for no other.
const look = { task: charge, input: () => ({ reservation: "" }) };
declare const rarely: boolean;
let growing = saga<Purchase>("Growing").query("First", look);
if (rarely) growing = growing.query("Second", look);
growing.returns(({ First }) => ({ charge: First.charge }));
// @ts-expect-error what may not have run is not in scope
growing.returns(({ Second }) => ({ charge: Second.charge }));
// @ts-expect-error it has no result of the first
growing = saga<Purchase>("Growing");
// @ts-expect-error it is past the pivot
growing = growing.pivot("Pivot", { ...look, undo: undoCharge });
// @ts-expect-error it takes another input
growing = saga<{ sku: string }>("Growing").query("First", look);
let loose: SagaBuilder<Purchase, any, any, any> = saga<Purchase>("Loose");
for (const name of ["A", "B"] as string[]) {
  // @ts-expect-error of no name is it known that it is free
  loose = loose.query(name, look);
}
loose.returns(({ A }) => ({ charge: A.charge }));

// A branch that JavaScript decides has the results of either.
saga<Purchase>("Either")
  .parallel("Both", { left: (s) => (rarely ? s.query("A", look) : s.query("B", look)), right: (s) => s })
  .returns(({ Both }) => {
    same<typeof Both.left.A.charge, Ref<string | undefined>>();
    return { left: Both.left };
  });
