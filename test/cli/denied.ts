import { openStore, saga, SagaStateMachine, sagaTable, task } from "../../saga";

/** A program whose tasks lack permissions for their tables, and whose store names other keys than its table has. */
const table = sagaTable("bookings", { hashKey: "account", rangeKey: "booking" });
const wallets = sagaTable("wallets", { hashKey: "acount" });

const store = (variable: string) =>
  openStore<{ readonly account: string }, { readonly amount: number }>({
    table: process.env[variable],
    entity: "Booking",
    key: ({ account }) => (variable === "TABLE_NAME" ? { account, booking: "BOOKING" } : { account }),
  });

const input = ({ input: given }: { input: { account: any } }) => ({ account: given.account });

const book = task<{ readonly account: string }, object>("book", {
  table: ["GetItem"],
  handler: () => {
    const bookings = store("TABLE_NAME");
    return async (event) => (await bookings.create(event, { amount: 1 })).result;
  },
});
const pay = (name: string, actions: readonly ("GetItem" | "UpdateItem")[]) =>
  task<{ readonly account: string }, object>(name, {
    tables: { cardWallets: actions },
    handler: () => {
      const payments = store("CARD_WALLETS_TABLE_NAME");
      return async (event) => (await payments.create(event, { amount: 1 })).result;
    },
  });

const machines = [book, pay("charge", ["GetItem"]), pay("refill", ["GetItem", "UpdateItem"])].map((each) => {
  const name = `${each.name[0]?.toUpperCase() ?? ""}${each.name.slice(1)}ing`;
  const made = saga<{ account: string }>(name)
    .query("Try", { task: each, input })
    .returns(() => ({}));
  return new SagaStateMachine(name, { saga: made, table, tables: { cardWallets: wallets } });
});

export const arns = machines.map(({ arn }) => arn);
