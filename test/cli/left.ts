import { openStore, saga, SagaStateMachine, sagaTable, task } from "../../saga";

/** A program whose undo does nothing, so that faults leave a row. */
const table = sagaTable("bookings", { hashKey: "account", rangeKey: "booking" });

interface Booking {
  readonly account: string;
}

const book = task<Booking, object>("book", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const key = ({ account }: Booking) => ({ account, booking: "BOOKING" });
    const bookings = openStore<Booking, object>({ table: process.env["TABLE_NAME"], entity: "Booking", key });
    return async (event) => (await bookings.create(event, {})).result;
  },
});
const keep = task<Booking, object>("keep", { table: [], handler: () => () => Promise.resolve({}) });

const booking = saga<{ readonly account: string }>("Booking")
  .step("Book", {
    task: book,
    input: ({ input }) => ({ account: input.account }),
    undo: { name: "Keep", task: keep, input: ({ input }) => ({ account: input.account }) },
  })
  .returns(() => ({}));

export const { arn } = new SagaStateMachine("Booking", { saga: booking, table });
