import {
  callbackTask,
  hours,
  logged,
  openStore,
  saga,
  SagaStateMachine,
  sagaTable,
  task,
  type Undone,
} from "../../saga";

/** Two sagas of a newcomer. One stores a task token for the person who answers; one undoes another step's row. */
const table = sagaTable("bookings", { hashKey: "account", rangeKey: "booking" });

interface Purchase {
  readonly account: string;
}

const openRequests = () =>
  openStore<Purchase, { readonly token: string }>({
    table: process.env["TABLE_NAME"],
    entity: "Request",
    key: ({ account }) => ({ account, booking: "REQUEST" }),
    renew: ["token"],
  });

const ask = callbackTask<Purchase, { readonly by: string }>("ask", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const requests = openRequests();
    return logged("ask", async (event) => {
      const { outcome } = await requests.create(event, { token: event.task_token });
      return { outcome, result: undefined };
    });
  },
});

const withdraw = task<Purchase, Undone>("withdraw", {
  table: ["UpdateItem"],
  handler: () => {
    const requests = openRequests();
    return logged("withdraw", (event) => requests.undo(event));
  },
});

const purchase = saga<Purchase>("Purchase")
  .step("Ask", {
    task: ask,
    input: ({ input }) => ({ account: input.account }),
    timeout: hours(1),
    undo: { name: "Withdraw", task: withdraw, input: ({ input }) => ({ account: input.account }) },
  })
  .returns(({ Ask }) => ({ by: Ask.by }));

interface Booking {
  readonly account: string;
}

const openBookings = () =>
  openStore<Booking, { readonly amount: number }>({
    table: process.env["TABLE_NAME"],
    entity: "Booking",
    key: ({ account }) => ({ account, booking: "BOOKING" }),
  });

const book = task<Booking & { readonly amount: number }, { readonly amount: number }>("book", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const bookings = openBookings();
    return logged("book", (event) => bookings.create(event, { amount: event.amount }));
  },
});

const cancel = task<Booking, Undone>("cancel", {
  table: ["UpdateItem"],
  handler: () => {
    const bookings = openBookings();
    return logged("cancel", (event) => bookings.undo(event));
  },
});

const transfer = saga<{ from: string; to: string; amount: number }>("Transfer")
  .step("Debit", {
    task: book,
    input: ({ input }) => ({ account: input.from, amount: input.amount }),
    // The mistake: it should be `from`.
    undo: { name: "CancelDebit", task: cancel, input: ({ input }) => ({ account: input.to }) },
  })
  .step("Credit", {
    task: book,
    input: ({ input }) => ({ account: input.to, amount: input.amount }),
    undo: { name: "CancelCredit", task: cancel, input: ({ input }) => ({ account: input.to }) },
  })
  .returns(({ Credit }) => ({ amount: Credit.amount }));

export const machines = [
  new SagaStateMachine(purchase.name, { saga: purchase, table }),
  new SagaStateMachine(transfer.name, { saga: transfer, table }),
];
