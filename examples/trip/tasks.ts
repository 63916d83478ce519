import { idFor } from "../../handlers/id";
import { address, orderId } from "../../handlers/input";
import { callbackTask, check, logged, openStore, task, type Undone } from "../../saga";

export interface Booking {
  readonly order_id: string;
  /** Where there are several of a kind in one trip. */
  readonly index?: number;
  readonly what: string;
}

export interface Booked {
  readonly order_id: string;
  readonly reference: string;
}

const ITEM = { order_id: orderId, what: address };

/** What can be booked can be cancelled. */
function bookable(kind: string) {
  return {
    book: task<Booking, Booked>(`book${kind}`, {
      table: ["UpdateItem", "GetItem"],
      handler: () =>
        logged(`book${kind}`, async (event) => {
          check(`Invalid${kind}`, event, ITEM);
          const { saga, order_id, index = 0, what } = event;
          const reference = idFor(kind.toLowerCase(), saga, order_id);
          return openStore(`${kind}#${index}`).create(saga, order_id, { what, reference });
        }),
    }),
    cancel: task<Omit<Booking, "what">, Undone>(`cancel${kind}`, {
      table: ["UpdateItem"],
      handler: () =>
        logged(`cancel${kind}`, ({ saga, order_id, index = 0 }) => openStore(`${kind}#${index}`).undo(saga, order_id)),
    }),
  };
}

export const bookings = { Flight: bookable("Flight"), Hotel: bookable("Hotel"), Car: bookable("Car") };

/** Asks somebody, who answers with the task token: `{ "by": "…" }` to approve, or a failure to refuse. */
export const requestApproval = callbackTask<
  { readonly order_id: string; readonly traveller: string; readonly total: number },
  { readonly by: string }
>("requestApproval", {
  table: [],
  handler: () => async () => {
    // Whoever deploys this sends the event's `task_token` to the one who decides.
  },
});

export const issueTickets = task<{ readonly order_id: string; readonly flight: string }, { readonly tickets: string }>(
  "issueTickets",
  {
    table: ["UpdateItem", "GetItem"],
    handler: () => {
      const store = openStore("Tickets");
      return logged("issueTickets", async ({ saga, order_id, flight }) =>
        store.create(saga, order_id, { flight, tickets: idFor("tkt", saga, order_id) }),
      );
    },
  },
);

export const sendItinerary = task<
  { readonly order_id: string; readonly traveller: string; readonly tickets: string; readonly hotel: string },
  { readonly order_id: string }
>("sendItinerary", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const store = openStore("Itinerary");
    return logged("sendItinerary", async ({ saga, order_id, traveller, tickets, hotel }) =>
      store.create(saga, order_id, { traveller, tickets, hotel }),
    );
  },
});
