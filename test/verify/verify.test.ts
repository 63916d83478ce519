import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import * as fc from "fast-check";
import { tripBooking } from "../../examples/trip/saga";
import { loadMachine, seededRandom, startExecution, TaskFailure, virtualClock } from "../../saga/interpreter";
import { orderFulfilment } from "../../orderFulfilment";
import { compile } from "../../saga/compile";
import { eq, type Saga, saga, task } from "../../saga/language";
import { declarationOf } from "../../saga/compile/declaration";
import { prove } from "../../saga/deploy/prove";
import {
  DeclarationError,
  type RawStates,
  readDeclaration,
  type Rule,
  SearchLimitError,
  type Verdict,
  verify,
} from "../../saga/verify";
import { build } from "../generated/build";
import { scenario } from "../generated/spec";
import { sizes, SLOW } from "../slow";

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(join(__dirname, "fixtures", name), "utf8")) as unknown;
const RULES: readonly Rule[] = [
  "S1",
  "S2",
  "S4",
  "S5",
  "S6",
  "S7",
  "S9",
  "S10",
  "S11",
  "S13",
  "assignment",
  "definition",
];

const definitionOf = (saga: Saga): RawStates =>
  JSON.parse(JSON.stringify(compile(saga, ({ name }) => name))) as RawStates;

function only(saga: Saga): Verdict {
  const verdicts = prove(saga);
  expect(verdicts).to.have.length(1);
  return verdicts[0] as Verdict;
}

describe("the verifier", () => {
  it("proves the order saga, in 9 states", () => {
    const verdict = only(orderFulfilment);
    expect(verdict.violations).to.deep.equal([]);
    expect(verdict.proved).to.deep.equal(RULES);
    expect(verdict.states).to.equal(9);
  });

  it("proves the trip saga, with its branches, its list and its pivot", () => {
    const verdict = only(tripBooking);
    expect(verdict.violations).to.deep.equal([]);
    expect(verdict.proved).to.deep.equal(RULES);
    expect(verdict.states).to.be.within(20, 100);
  });

  for (const [cases, mark] of sizes(Number(process.env["VERIFIED_RUNS"] ?? 60))) {
    it(`refuses no generated saga (${cases} cases)${mark}`, function () {
      this.timeout(240_000);
      fc.assert(
        fc.property(scenario, ({ nodes }) => {
          const { saga } = build(nodes);
          try {
            expect(only(saga).violations).to.deep.equal([]);
          } catch (error) {
            // One that outgrows the search is neither proved nor refused.
            if (!(error instanceof SearchLimitError)) throw error;
          }
        }),
        { numRuns: cases },
      );
    });
  }

  it("is done with forty steps and two parallels of five branches", () => {
    const steps = (count: number) => Array.from({ length: count }, () => ({ kind: "step" as const, definite: true }));
    const parallel = { kind: "parallel" as const, branches: Array.from({ length: 5 }, () => steps(3)) };
    const { saga } = build([...steps(5), parallel, ...steps(5), parallel]);
    const { sound, states } = only(saga);
    expect(sound).to.equal(true);
    expect(states).to.be.lessThan(20_000);
  });

  it("gives up where a machine has more states than it may search", () => {
    const search = (): Verdict => verify(definitionOf(tripBooking), declarationOf(tripBooking), { limit: 50 });
    expect(search).to.throw(SearchLimitError, "gave up after 50 states");
  });

  describe("finds the reference system's machine unsound:", () => {
    const verdict = verify(fixture("reference.asl.json") as RawStates, readDeclaration(fixture("reference.saga.json")));
    const found = (rule: Rule, state: string, message: RegExp): void => {
      const there = verdict.violations.some(
        (one) => one.rule === rule && one.state === state && message.test(one.message),
      );
      expect(there, `${rule} ${state}`).to.equal(true);
    };

    it("no action is tried again", () => {
      for (const state of ["CreateOrder", "ProcessPayment", "ProcessShipment"])
        found("S4", state, /not retried on a transient fault/);
    });

    it("no state has a timeout", () => {
      const states = [
        "CreateOrder",
        "ProcessPayment",
        "ProcessShipment",
        "CancelShipment",
        "RefundPayment",
        "DeleteOrder",
      ];
      for (const state of states) found("S7", state, /may take forever/);
    });

    it("an order that was rolled back ends as SUCCEEDED", () => {
      found("S6", "DeleteOrder", /ends SUCCEEDED/);
      const { counterexample } = verdict.violations.find(({ rule }) => rule === "S6") as {
        counterexample: readonly string[];
      };
      expect(counterexample).to.deep.equal([
        "CreateOrder fails: States.Timeout; it may have taken effect, or may yet",
        "DeleteOrder undoes CreateOrder",
        "the execution ends SUCCEEDED",
      ]);
    });

    it("a compensation that fails once leaves the rest undone", () => {
      for (const state of ["CancelShipment", "RefundPayment", "DeleteOrder"]) found("S4", state, /after one failure/);
    });

    it("and the chain of its compensations in order; and it says that it read the control flow alone", () => {
      expect(verdict.proved).to.include.members(["S1", "S2"]).and.not.include("assignment");
      expect(verdict.controlFlowOnly).to.equal(true);
      expect(verdict.sound).to.equal(false);
    });
  });

  describe("knows what executions cost:", () => {
    const { outcomes, payload } = only(orderFulfilment).budgets;
    const completed = outcomes.find(({ outcome }) => outcome === "completed");

    it("the states that a completed one enters (S13)", () => {
      expect(completed?.states).to.equal(3);
    });

    for (const worst of outcomes) {
      it(`the history of the worst ${worst.outcome} one, event by event, as the interpreter writes it`, async () => {
        const tried = new Map<string, number>();
        const execution = startExecution(loadMachine(definitionOf(orderFulfilment)), {
          input: { order_id: "1", total: 1, card_no: "1", address: "a" },
          // Each call succeeds at the last of its tries, if at all: seven of an action, thirteen of an undo.
          invoke: ({ state }) => {
            const tries = (tried.get(state) ?? 0) + 1;
            tried.set(state, tries);
            const good =
              state === "ProcessShipment"
                ? worst.outcome === "completed"
                : state !== "DeleteOrder" || worst.outcome !== "stuck";
            const last = ["CancelShipment", "RefundPayment", "DeleteOrder"].includes(state) ? 13 : 7;
            return good && tries === last
              ? Promise.resolve({ Payload: {} })
              : Promise.reject(new TaskFailure("Lambda.ServiceException", "busy"));
          },
          clock: virtualClock(),
          random: seededRandom(1),
        });
        const { failedState } = await execution.result;
        expect(failedState).to.equal(
          { completed: undefined, compensated: "SagaCompensated", stuck: "DeleteOrder" }[worst.outcome],
        );
        expect(execution.history.length).to.equal(worst.events);
      });
    }

    it("transitions, with every retry, and their price", () => {
      // Three states, and six retries each.
      expect(completed?.transitions).to.equal(3 + 3 * 6);
      expect(completed?.dollarsPerThousand).to.be.closeTo(21 * 0.025, 1e-9);
    });

    it("seconds, each try up to its timeout and each wait up to its ceiling", () => {
      expect(completed?.seconds).to.equal(3 * (7 * 30 + (2 + 4 + 8 + 16 + 32 + 60)));
    });

    for (const type of ["Parallel", "Map"]) {
      it(`what is within a ${type} as often as that is tried`, async () => {
        const within = {
          StartAt: "Ask",
          States: { Ask: { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", TimeoutSeconds: 10, End: true } },
        };
        const definition = {
          QueryLanguage: "JSONata",
          StartAt: "All",
          States: {
            All: {
              Type: type,
              ...(type === "Map" ? { Items: Array(10).fill(1), ItemProcessor: within } : { Branches: [within] }),
              Retry: [{ ErrorEquals: ["States.ALL"], MaxAttempts: 2, IntervalSeconds: 1, BackoffRate: 2 }],
              End: true,
            },
          },
        };
        const { outcomes } = verify(definition, {
          saga: "Again",
          calls: { Ask: { role: "query" } },
        }).budgets;
        const tasks = type === "Map" ? 10 : 1;
        const most = outcomes.find(({ outcome }) => outcome === "completed");
        expect(most).to.include({ states: 1 + 3 * tasks, transitions: 1 + 2 + 3 * tasks, seconds: 3 * 10 + (1 + 2) });

        let calls = 0;
        const execution = startExecution(loadMachine(definition), {
          input: {},
          invoke: () => {
            const fails = ++calls % tasks === 0 && calls < 3 * tasks;
            return fails ? Promise.reject(new TaskFailure("Busy", "busy")) : Promise.resolve({ Payload: {} });
          },
          clock: virtualClock(),
          random: seededRandom(1),
        });
        expect(await execution.result).to.include({ status: "SUCCEEDED" });
        expect(calls).to.equal(3 * tasks);
        // A try that fails has no event for its end, and its task may have none for its own.
        expect(execution.history.length).to.be.within((most?.events ?? 0) - 4, most?.events ?? 0);
      });
    }

    it("items one after another where only the data tells how many go at once", () => {
      const secondsOf = (concurrency: object): number | undefined => {
        const each = { StartAt: "Pause", States: { Pause: { Type: "Wait", Seconds: 7, End: true } } };
        const all = { Type: "Map", ...concurrency, ItemProcessor: each, End: true };
        const { outcomes } = verify({ StartAt: "All", States: { All: all } }, { saga: "Items", calls: {} }).budgets;
        return outcomes.find(({ outcome }) => outcome === "completed")?.seconds;
      };
      expect(secondsOf({})).to.equal(7);
      expect(secondsOf({ MaxConcurrency: 0 })).to.equal(7);
      expect(secondsOf({ MaxConcurrency: 4 })).to.equal(3 * 7);
      expect(secondsOf({ MaxConcurrency: "{% $n %}" })).to.equal(10 * 7);
      expect(secondsOf({ MaxConcurrencyPath: "$.n" })).to.equal(10 * 7);
    });

    it("which waits it can't count", () => {
      const names = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath", "Fixed"];
      const states = names.map((name, index) => {
        const wait = name === "Fixed" ? { Seconds: 5 } : { [name]: name.endsWith("Path") ? "$.a" : "{% $a %}" };
        const next = names[index + 1];
        return [name, { Type: "Wait", ...wait, ...(next === undefined ? { End: true } : { Next: next }) }] as const;
      });
      const { budgets } = verify(
        { StartAt: "Seconds", States: Object.fromEntries(states) },
        { saga: "Waits", calls: {} },
      );
      expect(budgets.waitsUntil).to.deep.equal(names.slice(0, 4));
      expect(budgets.outcomes.find(({ outcome }) => outcome === "completed")?.seconds).to.equal(5);
    });

    it("room for data in a payload", () => {
      expect(payload).to.include({ state: "ProcessPayment", part: "Arguments", references: 4 });
    });

    it("room for data in what branches and lists hand over, as the interpreter has it", async () => {
      const room = only(tripBooking).budgets.payload;
      expect(room).to.include({ state: "Book", part: "Assign" });
      const machine = loadMachine(definitionOf(tripBooking));
      /** How it ends with so many bytes in every reference. */
      const run = async (bytes: number): Promise<string> => {
        const text = "x".repeat(bytes - 2);
        const fields = ["order_id", "traveller", "card_no", "flight", "hotel"].map((name) => [name, text] as const);
        const { status, cause } = await startExecution(machine, {
          input: { ...Object.fromEntries(fields), total: 1, cars: Array<string>(10).fill(text) },
          invoke: () => Promise.resolve({ Payload: { reference: text.slice('{"reference":}'.length) } }),
          clock: virtualClock(),
          random: seededRandom(1),
        }).result;
        return cause ?? status;
      };
      const bytes = room?.bytesEach ?? 0;
      expect(await run(bytes)).to.equal("SUCCEEDED");
      // An estimate from above: no branch has both a result and a failure.
      expect(await run(1.5 * bytes)).to.match(/"step":"Book","error":"States\.DataLimitExceeded"/);
    });

    it("how long lists may be before the history is full", () => {
      const { items, mostItems } = only(tripBooking).budgets;
      expect(items).to.equal(10);
      expect(mostItems).to.be.within(100, 1000);
    });

    it("which outcomes may outgrow an execution: 25,000 events of history, a year", () => {
      const exceeds = (attempts: number, days: number): unknown =>
        verify(
          {
            StartAt: "Ask",
            States: {
              Ask: {
                Type: "Task",
                Resource: "arn:aws:lambda:a:1:function:f",
                TimeoutSeconds: 1,
                Retry: [{ ErrorEquals: ["States.ALL"], MaxAttempts: attempts, MaxDelaySeconds: 1 }],
                Next: "Wait",
              },
              Wait: { Type: "Wait", Seconds: days * 86_400, End: true },
            },
          },
          { saga: "Long", calls: { Ask: { role: "query" } } },
        ).budgets.outcomes.find(({ outcome }) => outcome === "completed")?.exceeds;
      expect(exceeds(1000, 364)).to.deep.equal([]);
      expect(exceeds(10_000, 364)).to.deep.equal(["history"]);
      expect(exceeds(1000, 366)).to.deep.equal(["year"]);
    });

    it("no bound where a machine may go round", () => {
      const machine = {
        StartAt: "Ask",
        States: {
          Ask: { Type: "Task", Resource: "arn:aws:lambda:a:1:function:f", TimeoutSeconds: 1, Next: "Ready" },
          Ready: {
            Type: "Choice",
            Choices: [{ Variable: "$.ok", BooleanEquals: true, Next: "Done" }],
            Default: "Wait",
          },
          Wait: { Type: "Wait", Seconds: 5, Next: "Ask" },
          Done: { Type: "Succeed" },
        },
      };
      const { budgets } = verify(machine, { saga: "Poll", calls: { Ask: { role: "query" } } });
      expect(budgets.outcomes.find(({ outcome }) => outcome === "completed")?.seconds).to.equal(Infinity);
    });
  });

  describe("refuses a declaration", () => {
    const refused: readonly (readonly [title: string, declaration: unknown, message: string])[] = [
      ["that is none", 7, "the declaration is no object"],
      ["without a name", { calls: {} }, "'saga' is no string: give the saga's name"],
      ["of a role that there is not", { saga: "S", calls: { A: { role: "step" } } }, 'calls.A.role is "step"'],
      [
        "of a step that has no undo",
        { saga: "S", calls: { A: { role: "compensable" } } },
        "calls.A is compensable and names no undo",
      ],
      [
        "of a query with an undo",
        { saga: "S", calls: { A: { role: "query", undo: "B" } } },
        "calls.A is query, and has an undo",
      ],
      [
        "with errors that are no list",
        { saga: "S", calls: { A: { role: "query", definite: "E" } } },
        "calls.A.definite is no list",
      ],
      ["with another field", { saga: "S", calls: {}, steps: {} }, "the declaration has 'steps', which says nothing"],
      [
        "with another field of a call",
        { saga: "S", calls: { A: { role: "query", definit: ["E"] } } },
        "calls.A has 'definit', which says nothing: there are role, undo, confirms, release, bulk, definite",
      ],
      [
        "of an undo without a name",
        { saga: "S", calls: { A: { role: "compensable", undo: "" } } },
        "calls.A.undo is no name of a state",
      ],
      [
        "of a step with two undos",
        { saga: "S", calls: { A: { role: "compensable", undo: ["B", "C"] } } },
        "calls.A.undo names several states: name one, and let every path lead to it",
      ],
      [
        "of a step that undoes itself",
        { saga: "S", calls: { A: { role: "compensable", undo: "A" } } },
        "calls.A.undo is the call itself",
      ],
      [
        "of an undo that is a step",
        { saga: "S", calls: { A: { role: "compensable", undo: "B" }, B: { role: "query" } } },
        "calls.A.undo is B, which is declared as a call",
      ],
      [
        "of a call that confirms a query",
        { saga: "S", calls: { A: { role: "query" }, B: { role: "compensable", confirms: "A" } } },
        "calls.B.confirms is A, which has no undo",
      ],
      [
        "of a call that confirms no call",
        { saga: "S", calls: { B: { role: "compensable", confirms: "A" } } },
        'calls.B.confirms is "A", and no call',
      ],
      [
        "of calls that confirm each other",
        { saga: "S", calls: { A: { role: "retriable", confirms: "B" }, B: { role: "compensable", confirms: "A" } } },
        "calls.A.confirms leads round to the call itself",
      ],
      [
        "of a call that confirms, and has an undo",
        {
          saga: "S",
          calls: { A: { role: "compensable", undo: "U" }, B: { role: "compensable", undo: "V", confirms: "A" } },
        },
        "calls.B.confirms stands beside an undo",
      ],
      [
        "of a query that confirms",
        { saga: "S", calls: { A: { role: "compensable", undo: "U" }, B: { role: "query", confirms: "A" } } },
        "calls.B.confirms is for a call that changes something",
      ],
      [
        "of a release that is a call",
        {
          saga: "S",
          calls: { A: { role: "compensable", undo: "U", release: "B" }, B: { role: "query" } },
        },
        "calls.A.release is B, which is declared as a call",
      ],
      [
        "of a release without an undo",
        { saga: "S", calls: { A: { role: "pivot", release: "R" } } },
        "calls.A.release is for a call that has an undo as well",
      ],
      [
        "of a bulk that is not true",
        { saga: "S", calls: { A: { role: "compensable", undo: "U", bulk: "yes" } } },
        "calls.A.bulk is not true",
      ],
      [
        "of a bulk without an undo",
        { saga: "S", calls: { A: { role: "pivot", bulk: true } } },
        "calls.A.bulk is about an undo",
      ],
      [
        "of two pivots",
        { saga: "S", calls: { A: { role: "pivot" }, B: { role: "pivot" } } },
        "'calls' has two pivots, A and B",
      ],
      ...["States.Timeout", "Lambda.Unknown", "Sandbox.Timedout", ""].map(
        (error) =>
          [
            `that takes '${error}' for a refusal`,
            { saga: "S", calls: { A: { role: "pivot", definite: [error] } } },
            `calls.A.definite has '${error}', which does not prove that nothing happened`,
          ] as const,
      ),
    ];
    for (const [title, declaration, message] of refused) {
      it(title, () => {
        expect(() => readDeclaration(declaration)).to.throw(DeclarationError, message);
      });
    }
  });

  it("proves nothing of paths that a violation has cut off", () => {
    const { calls } = declarationOf(orderFulfilment);
    const undeclared = Object.fromEntries(Object.entries(calls).filter(([name]) => name !== "CreateOrder"));
    const { violations, proved } = verify(definitionOf(orderFulfilment), {
      saga: "OrderFulfilment",
      calls: undeclared,
    });
    expect(violations.map(({ rule }) => rule)).to.deep.equal(["definition"]);
    expect(proved).to.deep.equal(["S4", "S7", "assignment"]);
  });

  it("gives up on a machine that does more each time that it goes round", () => {
    const machine = structuredClone(definitionOf(tripBooking)) as any;
    machine.States.Book_settled.Default = "Book";
    expect(() => verify(machine, declarationOf(tripBooking))).to.throw(SearchLimitError, "more effects in each round");
  });

  it("tells of an end in success after an undo that was given up, too (S5, S6)", () => {
    const machine = structuredClone(definitionOf(orderFulfilment)) as any;
    const { CancelShipment } = machine.States;
    CancelShipment.Catch = [{ ErrorEquals: ["States.ALL"], Next: CancelShipment.Next }];
    machine.States.SagaCompensated = { Type: "Succeed" };
    const { violations } = verify(machine, declarationOf(orderFulfilment));
    expect(violations.map(({ rule, state }) => `${rule} ${String(state)}`)).to.deep.equal([
      "S5 CancelShipment",
      "S6 SagaCompensated",
    ]);
  });

  it("tells a swap of two undos of the one that comes too early, and not of the other (S1)", () => {
    const machine = structuredClone(definitionOf(orderFulfilment)) as any;
    const { CancelShipment, RefundPayment, DeleteOrder } = machine.States;
    const end = DeleteOrder.Next;
    CancelShipment.Next = "DeleteOrder";
    DeleteOrder.Next = "RefundPayment";
    RefundPayment.Next = end;
    const { violations } = verify(machine, declarationOf(orderFulfilment));
    const blocked = violations.filter(({ message }) => message.includes("which started later"));
    expect(blocked.map(({ rule, state }) => `${rule} ${String(state)}`)).to.deep.equal(["S1 DeleteOrder"]);
  });

  describe("searches sagas that grow in a row in steps of their length:", () => {
    const none = { table: [], handler: () => () => Promise.resolve(null) };
    const work = task<object, null>("work", none);
    const unwork = task<object, null>("unwork", none);
    const step = (builder: any, name: string): any =>
      builder.step(name, {
        task: work,
        input: () => ({}),
        undo: { name: `${name}u`, task: unwork, input: () => ({}) },
      });
    const shapes: Readonly<Record<string, (builder: any, index: number) => any>> = {
      conditions: (builder, index) =>
        builder.when(
          `W${index}`,
          ({ input }: any) => eq(input.a, true),
          (then: any) => step(then, `S${index}`),
          (otherwise: any) => otherwise,
        ),
      lists: (builder, index) =>
        builder.forEach(
          `M${index}`,
          ({ input }: any) => input[`l${index}`],
          (item: any) => step(item, `S${index}`),
        ),
      "lists in conditions": (builder, index) =>
        builder.when(
          `W${index}`,
          ({ input }: any) => eq(input.a, true),
          (then: any) => shapes["lists"]?.(then, index),
          (otherwise: any) => otherwise,
        ),
    };
    for (const [title, add] of Object.entries(shapes)) {
      for (const within of [false, true]) {
        it(`${title}${within ? `, in a branch ${SLOW}` : ""}`, function () {
          this.timeout(60_000);
          const statesOf = (length: number): number => {
            const row = (builder: any): any =>
              Array.from({ length }, (_, index) => index).reduce<any>((before, index) => add(before, index), builder);
            const start = saga<any>("Row") as any;
            const built = within
              ? start.parallel("P", { row, other: (branch: any) => step(branch, "Other") })
              : row(start);
            const { violations, states } = only(built.returns(() => ({})) as Saga);
            expect(violations).to.deep.equal([]);
            return states;
          };
          const [four, eight, twelve] = [4, 8, 12].map(statesOf) as [number, number, number];
          expect(twelve - eight).to.equal(eight - four);
        });
      }
    }
  });

  it("gives up when its time is over", () => {
    expect(() => verify(definitionOf(tripBooking), declarationOf(tripBooking), { seconds: 0 })).to.throw(
      SearchLimitError,
      /^gave up after 1 states?, when its 0 seconds were over$/,
    );
  });

  it(`gives up before Node's memory is over: a deployment warns, and goes on ${SLOW}`, async function () {
    this.timeout(120_000);
    const script = join(__dirname, "in-little-memory.ts");
    const args = ["--max-old-space-size=110", "-r", "ts-node/register/transpile-only", script, "45"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: join(__dirname, "../..") });
    expect(stdout.trim().split("\n")).to.have.lengthOf(2);
    expect(stdout).to.match(
      /^warning: the saga 'Generated' is too large to be verified: the search gave up after [\d,]+ states, before its \d+ MB of memory outgrew what Node may have\nthe program goes on\n$/,
    );
  });

  it("does not prove of expressions that it has not read that they can't fail (S7)", () => {
    const machine = {
      StartAt: "A",
      States: {
        A: { Type: "Task", Resource: "arn:aws:lambda:a:1:function:f", TimeoutSecondsPath: "$.a", End: true },
      },
    };
    const { proved, violations } = verify(machine, { saga: "S", calls: { A: { role: "query" } } });
    expect(violations.map(({ rule }) => rule)).not.to.include("S7");
    expect(proved).not.to.include("S7");
  });

  it("says so where the declaration and the definition do not fit", () => {
    const machine = {
      StartAt: "A",
      States: { A: { Type: "Task", Resource: "arn:aws:lambda:a:1:function:f", TimeoutSeconds: 1, End: true } },
    };
    const messages = verify(machine, { saga: "S", calls: { B: { role: "query" } } }).violations.map(
      ({ message }) => message,
    );
    expect(messages).to.include("the declaration names B, but no Task has this name");
    expect(messages).to.include("A is not declared");
  });
});
