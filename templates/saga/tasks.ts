import { check, logged, nonBlank, openStore, task, type Undone, wholeNumber } from "saga-aws-pulumi";

interface Booking {
  readonly account: string;
  readonly transfer: string;
  /** Whether the money goes into the account, or out of it. */
  readonly side: "in" | "out";
}

/** In cents. */
interface Amount {
  readonly amount: number;
}

const openBookings = () =>
  openStore<Booking, Amount>({
    table: process.env["TABLE_NAME"],
    entity: "Booking",
    key: ({ account, transfer, side }) => ({ account, booking: `TRANSFER#${transfer}#${side}` }),
  });

export const book = task<Booking & Amount, Amount>("book", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const bookings = openBookings();
    return logged("book", async (event) => {
      check("InvalidBooking", event, {
        account: nonBlank(100),
        transfer: nonBlank(100),
        amount: wholeNumber({ min: 1 }),
      });
      return bookings.create(event, { amount: event.amount });
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
