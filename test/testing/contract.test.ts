import { expect } from "chai";
import { bookings } from "../../examples/trip/tasks";
import { createOrder, deleteOrder } from "../../handlers/order";
import { processPayment, refundPayment } from "../../handlers/payment";
import { cancelShipment, processShipment } from "../../handlers/shipment";
import { openStore, task, type TaskEvent } from "../../saga";
import { checkTaskContract, LAWS, type Law, memoryTable, TaskContractError } from "../../saga/testing";

interface Seat {
  readonly seat: string;
}

describe("the contract of a task", function () {
  this.timeout(60_000);

  it("is kept by the order's handlers", async () => {
    const table = memoryTable();
    const rest = { table, effects: () => table.liveRows() };
    const of = (row: number) => ({ order_id: `order-${row}`, total: 100, card_no: "123-1234", address: "123 st" });
    for (const { judged, sequences, calls } of [
      await checkTaskContract({ action: createOrder, undo: deleteOrder, input: of, ...rest }),
      await checkTaskContract({ action: processPayment, undo: refundPayment, input: of, ...rest }),
      await checkTaskContract({ action: processShipment, undo: cancelShipment, input: of, ...rest }),
    ]) {
      expect(judged).to.have.all.keys(Object.keys(LAWS));
      expect(Math.min(...Object.values(judged)), JSON.stringify(judged)).to.be.greaterThan(0);
      expect(sequences).to.be.greaterThan(200);
      expect(calls).to.be.greaterThan(800);
    }
  });

  it("is kept by the trip's handlers, whose row has an index, and whose undo gets the action's answer", async () => {
    const table = memoryTable();
    for (const { book, cancel } of Object.values(bookings)) {
      await checkTaskContract({
        action: book,
        undo: cancel,
        input: (row) => ({ order_id: `trip-${row}`, index: 2, what: "12A" }),
        undoInput: ({ order_id, index }, answer) => ({
          order_id,
          index,
          ...(answer && { reference: answer.reference }),
        }),
        table,
        effects: () => table.liveRows(),
      });
    }
  });

  describe("for a task with a table under another name", () => {
    interface Wallet {
      readonly wallet: string;
    }
    const open = () =>
      openStore<Wallet, { readonly amount: number }>({
        table: process.env["CARD_WALLETS_TABLE_NAME"],
        entity: "Charge",
        key: ({ wallet }) => ({ wallet }),
      });
    const charge = task<Wallet, { readonly amount: number }>("charge", {
      tables: { cardWallets: ["UpdateItem", "GetItem"] },
      handler: () => {
        const charges = open();
        return async (event) => (await charges.create(event, { amount: 1 })).result;
      },
    });
    const refund = task<Wallet, { readonly undone: boolean }>("refund", {
      tables: { cardWallets: ["UpdateItem"] },
      handler: () => {
        const charges = open();
        return async (event) => (await charges.undo(event)).result;
      },
    });
    const pair = { action: charge, undo: refund, input: (row: number) => ({ wallet: `wallet-${row}` }) };
    const failure = (check: Promise<unknown>) => check.then(String, (error: unknown) => (error as Error).message);

    it("is checked in that table, which is cleared, and in which calls crash", async () => {
      const wallets = memoryTable();
      const report = await checkTaskContract({
        ...pair,
        tables: { cardWallets: wallets },
        effects: () => wallets.liveRows(),
      });
      expect(report.judged.interrupted).to.be.greaterThan(0);
    });

    it("says that the table is missing, in the store's own words", async () => {
      const said = await failure(checkTaskContract({ ...pair, effects: () => [] }));
      expect(said).to.match(/^'charge' fails with the given input: Error: the store of 'Charge' has no table:/);
    });

    it("says that the table is not cleared, instead of reporting the task, and shows only what should not be there", async () => {
      const wallets = memoryTable();
      const environment = { CARD_WALLETS_TABLE_NAME: wallets.name };
      const said = await failure(checkTaskContract({ ...pair, environment, effects: () => wallets.liveRows() }));
      expect(said).to.match(
        /^'effects' still shows what 'charge' did after everything was cleared: effects also have \[\{[^\]]*\}\]/,
      );
      expect(said).to.match(/Name the table that it reads in 'tables', or clear it in 'reset'$/);
      expect(said.length).to.be.below(500);
    });
  });

  it("can't be checked if the action is refused, or if its effect is not visible", async () => {
    const pair = { action: createOrder, undo: deleteOrder };
    const failed = async (check: Promise<unknown>) => check.catch((error: unknown) => (error as Error).message);
    const table = memoryTable();
    const refused = { ...pair, input: { order_id: "1", total: -1 }, table, effects: () => table.liveRows() };
    expect(await failed(checkTaskContract(refused))).to.contain(
      "'createOrder' fails with the given input: InvalidOrder: total: expected a positive number",
    );
    const unseen = { ...pair, input: { order_id: "1", total: 1 }, effects: () => [] };
    expect(await failed(checkTaskContract(unseen))).to.equal(
      "'effects' does not show what 'createOrder' does: it returns the same before and after. Return what the action changes",
    );
  });
});

/** A store written by hand. It is correct, except for what a mutant changes. */
class Seats {
  readonly rows = new Map<string, { holder: string | undefined; undone: Set<string>; since: number }>();
  private time = 0;

  clear(): void {
    this.rows.clear();
    this.time = 0;
  }

  row(seat: string) {
    const row = this.rows.get(seat) ?? { holder: undefined, undone: new Set<string>(), since: 0 };
    this.rows.set(seat, row);
    return row;
  }

  readonly held = () => [...this.rows].flatMap(([seat, { holder }]) => (holder ? [{ seat, holder }] : []));

  async hold({ seat, saga: { id } }: TaskEvent<Seat>) {
    const row = this.row(seat);
    if (row.undone.has(id)) throw new Error("AlreadyUndone");
    if (row.holder !== undefined && row.holder !== id) throw new Error("Taken");
    if (row.holder === undefined) Object.assign(row, { holder: id, since: ++this.time });
    return { since: row.since };
  }

  async free({ seat, saga: { id } }: TaskEvent<Seat>) {
    const row = this.row(seat);
    row.undone.add(id);
    if (row.holder === id) row.holder = undefined;
    return {};
  }
}

type Pair = Pick<Seats, "hold" | "free">;

describe("a handler that breaks the contract of a task", function () {
  this.timeout(60_000);

  /** The laws that a mutant breaks. */
  async function broken(mutate: (seats: Seats) => Partial<Pair>): Promise<TaskContractError | undefined> {
    const seats = new Seats();
    const pair: Pair = { hold: (event) => seats.hold(event), free: (event) => seats.free(event), ...mutate(seats) };
    try {
      await checkTaskContract({
        action: pair.hold,
        undo: pair.free,
        input: { seat: "12A" },
        reset: () => {
          seats.clear();
        },
        effects: seats.held,
      });
      return undefined;
    } catch (error) {
      if (error instanceof TaskContractError) return error;
      throw error;
    }
  }
  const lawsOf = (error: TaskContractError | undefined) => (error?.violations ?? []).map(({ law }) => law);

  it("is not reported if it keeps the contract", async () => {
    expect(await broken(() => ({}))).to.equal(undefined);
  });

  const mutants: Record<string, readonly [Law, (seats: Seats) => Partial<Pair>]> = {
    "an undo that leaves no tombstone": [
      "late",
      (seats) => ({
        free: async ({ seat, saga }) => {
          const row = seats.row(seat);
          if (row.holder === saga.id) row.holder = undefined;
          return {};
        },
      }),
    ],
    "an undo that leaves one only where there is something to undo": [
      "late",
      (seats) => ({
        free: async (event) => (seats.row(event.seat).holder === event.saga.id ? seats.free(event) : {}),
      }),
    ],
    "an action that ignores its tombstone": [
      "late",
      (seats) => ({
        hold: async (event) => {
          seats.row(event.seat).undone.delete(event.saga.id);
          return seats.hold(event);
        },
      }),
    ],
    "an action that overwrites its tombstone once another saga has the row": [
      "late",
      (seats) => ({
        free: async (event) => {
          const { undone } = seats.row(event.seat);
          undone.clear();
          return seats.free(event);
        },
      }),
    ],
    "an undo that takes what another saga holds": [
      "undoOfAnother",
      (seats) => ({
        free: async (event) => {
          seats.row(event.seat).holder = undefined;
          return seats.free(event);
        },
      }),
    ],
    "an action that takes what another saga holds": [
      "undoOfAnother",
      (seats) => ({
        hold: async (event) => {
          const row = seats.row(event.seat);
          if (!row.undone.has(event.saga.id) && row.holder !== event.saga.id) row.holder = undefined;
          return seats.hold(event);
        },
      }),
    ],
    "an action that takes what another saga holds, and then fails": [
      "actionOfAnother",
      (seats) => ({
        hold: async (event) => {
          const row = seats.row(event.seat);
          const isTaken = row.holder !== undefined && row.holder !== event.saga.id;
          if (isTaken) row.holder = undefined;
          if (isTaken) throw new Error("Taken");
          return seats.hold(event);
        },
      }),
    ],
    "an undo that fails where there is nothing to undo": [
      "undoneFirst",
      (seats) => ({
        free: async (event) => {
          if (seats.row(event.seat).holder === undefined && seats.row(event.seat).undone.size === 0)
            throw new Error("NotFound");
          return seats.free(event);
        },
      }),
    ],
    "an undo that fails the second time": [
      "undoneTwice",
      (seats) => ({
        free: async (event) => {
          if (seats.row(event.seat).undone.has(event.saga.id)) throw new Error("AlreadyUndone");
          return seats.free(event);
        },
      }),
    ],
    "an action that is done again when it is repeated": [
      "repeated",
      (seats) => ({
        hold: async (event) => {
          const row = seats.row(event.seat);
          if (row.holder === event.saga.id) row.holder = undefined;
          return seats.hold(event);
        },
      }),
    ],
    "an action that fails when it is repeated": [
      "repeated",
      (seats) => ({
        hold: async (event) => {
          if (seats.row(event.seat).holder === event.saga.id) throw new Error("AlreadyExists");
          return seats.hold(event);
        },
      }),
    ],
    "an action that any saga's tombstone keeps from taking effect": [
      "secondTry",
      (seats) => ({
        hold: async (event) => {
          if (seats.row(event.seat).undone.size > 0) throw new Error("AlreadyUndone");
          return seats.hold(event);
        },
      }),
    ],
    "an undo that does nothing": ["undone", () => ({ free: async () => ({}) })],
    "an action that reads, and writes later": [
      "atOnce",
      (seats) => ({
        hold: async (event) => {
          const { undone } = seats.row(event.seat);
          const refused = undone.has(event.saga.id);
          await new Promise((resolve) => setImmediate(resolve));
          if (refused) throw new Error("AlreadyUndone");
          const marks = [...undone];
          undone.delete(event.saga.id);
          const answer = await seats.hold(event);
          marks.forEach((mark) => undone.add(mark));
          return answer;
        },
      }),
    ],
  };

  for (const [name, [law, mutate]] of Object.entries(mutants)) {
    it(`is found: ${name}`, async () => {
      expect(lawsOf(await broken(mutate))).to.include(law);
    });
  }

  describe("whose action writes its own row, and is then refused (S2)", () => {
    /** Two rows of a table: a seat, which one saga holds, and each saga's own request for it. */
    const check = (options: { readonly definite?: readonly string[]; readonly forgets?: boolean }) => {
      const table = memoryTable();
      const open = <Key extends object>(entity: string, key: (of: Key) => Record<string, string>) =>
        openStore<Key, Key>({ table: table.name, entity, key });
      const seats = open<Seat>("Seat", ({ seat }) => ({ seat, entity: "SEAT" }));
      const requests = open<Seat & { readonly by: string }>("Request", ({ seat, by }) => ({ seat, entity: by }));
      const by = (event: TaskEvent<Seat>) => ({ ...event, by: event.saga.id });
      const run = checkTaskContract({
        action: async (event: TaskEvent<Seat>) => {
          await requests.create(by(event), { seat: event.seat, by: event.saga.id });
          await seats.create(event, { seat: event.seat });
          return { held: event.seat };
        },
        undo: async (event: TaskEvent<Seat>) => {
          await seats.undo(event);
          if (options.forgets !== true) await requests.undo(by(event));
          return {};
        },
        input: (row) => ({ seat: `seat-${row}` }),
        table,
        effects: () => table.liveRows(),
        ...(options.definite && { definite: options.definite }),
      });
      return run.then(
        () => undefined,
        (error: unknown) => error as TaskContractError,
      );
    };

    it("is not reported if its undo takes that back", async () => {
      expect((await check({}))?.message).to.equal(undefined);
    });

    it("is reported under a law of its own, once, if the saga declares the error as definite", async () => {
      const error = await check({ definite: ["SeatAlreadyExists"] });
      expect(lawsOf(error)).to.deep.equal(["refused"]);
      const [{ calls = [], what = "" } = {}] = error?.violations ?? [];
      expect(calls.map(({ saga, did }) => [saga, did])).to.deep.equal([
        ["A", "action"],
        ["B", "action"],
      ]);
      expect(what).to.match(
        /^the action fails: SeatAlreadyExists, which is a definite error, but effects also have \[\{[^\]]*-B[^\]]*\}\]$/,
      );
    });

    it("is reported under this law if its undo does not take that back", async () => {
      const laws = lawsOf(await check({ forgets: true }));
      expect(laws).to.include.members(["refused", "undone"]).and.not.include("actionOfAnother");
    });
  });

  it("is reported once for each cause, with the other laws that it breaks", async () => {
    const error = await broken(mutants["an undo that leaves no tombstone"]?.[1] as () => Partial<Pair>);
    const { message = "", violations = [] } = error ?? {};
    expect(violations.length).to.be.greaterThan(1);
    expect(message.match(/→ the action succeeds, but it has been undone/g)).to.have.length(1);
    for (const { sentence } of violations) expect(message).to.contain(sentence);
    expect(message).to.contain("\n    also broken in this way: ");
  });

  it("is reported with the broken law and the shortest calls that were found", async () => {
    const error = await broken(mutants["an action that ignores its tombstone"]?.[1] as () => Partial<Pair>);
    const late = error?.violations.find((each) => each.law === "late");
    expect(late).to.deep.include({
      sentence: LAWS.late,
      calls: [
        { saga: "A", did: "undo", turn: 1, answer: {} },
        { saga: "A", did: "action", turn: 2, answer: late?.calls[1]?.answer },
      ],
      what: "the action succeeds, but it has been undone, so it should be refused",
    });
    expect(error?.message).to.contain("break the contract of a task (S3):\n");
    expect(error?.message).to.contain(
      "  an action that comes after its undo is refused, and changes nothing\n    1. saga A: undo returns {}\n    2. saga A: action returns",
    );
  });

  it("is found: one that crashes between two writes, and then assumes both", async () => {
    const table = memoryTable();
    const open = (entity: string) =>
      openStore<Seat, Seat>({ table: table.name, entity, key: ({ seat }) => ({ seat, entity }) });
    const [seats, bills] = [open("Seat"), open("Bill")];
    const check = checkTaskContract({
      action: async (event: TaskEvent<Seat>) => {
        const held = await seats.create(event, { seat: event.seat });
        if (held.outcome === "done") await bills.create(event, { seat: event.seat });
        return { held: event.seat };
      },
      undo: async (event: TaskEvent<Seat>) => {
        await seats.undo(event);
        await bills.undo(event);
        return {};
      },
      input: { seat: "12A" },
      table,
      effects: () => table.liveRows(),
    });
    const error = (await check.catch((thrown: unknown) => thrown)) as TaskContractError;
    expect(error).to.be.instanceOf(TaskContractError);
    expect(error.violations.map(({ law }) => law)).to.include("interrupted");
  });
});
