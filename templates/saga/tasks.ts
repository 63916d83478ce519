import { check, logged, nonBlank, openStore, task, type Undone } from "saga-aws-pulumi";

interface Booking {
  readonly account: string;
  readonly transfer: string;
}

/** What comes into the account, or goes out of it: in cents. */
interface Amount {
  readonly in?: number;
  readonly out?: number;
}

const openBookings = () =>
  openStore<Booking, Amount>({
    table: process.env["TABLE_NAME"],
    entity: "Booking",
    key: ({ account, transfer }) => ({ account, booking: `TRANSFER#${transfer}` }),
  });

export const book = task<Booking & Amount, Amount>("book", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const bookings = openBookings();
    return logged("book", async (event) => {
      check("InvalidBooking", event, { account: nonBlank(100), transfer: nonBlank(100) });
      return bookings.create(event, event.in === undefined ? { out: event.out ?? 0 } : { in: event.in });
    });
  },
});

export const cancel = task<Booking, Undone>("cancel", {
  table: ["UpdateItem"],
  handler: () => {
    const bookings = openBookings();
    return logged("cancel", (event) => bookings.undo(event));
  },
});
