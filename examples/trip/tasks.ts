import { idFor } from "../../handlers/id";
import { address, orderId } from "../../handlers/input";
import { storeOf } from "../../handlers/store";
import { callbackTask, check, logged, openStore, task, type Undone } from "../../saga";

export interface Booking {
  readonly order_id: string;
  /** Which one it is, if a trip has several of a kind. */
  readonly index?: number;
  readonly what: string;
}

export interface Booked {
  readonly order_id: string;
  readonly reference: string;
}

const ITEM = { order_id: orderId, what: address };

/** The tasks that book and cancel one kind of thing. */
function bookable(kind: string) {
  const open = () =>
    openStore<Omit<Booking, "what">, Booked & { readonly what: string }>({
      table: process.env["TABLE_NAME"],
      entity: kind,
      key: ({ order_id, index = 0 }) => ({ order_id, entity: `${kind.toUpperCase()}#${index}` }),
    });
  return {
    book: task<Booking, Booked>(`book${kind}`, {
      table: ["UpdateItem", "GetItem"],
      handler: () => {
        const store = open();
        return logged(`book${kind}`, async (event) => {
          check(`Invalid${kind}`, event, ITEM);
          const { saga, order_id, what } = event;
          return store.create(event, { order_id, what, reference: idFor(kind.toLowerCase(), saga, order_id) });
        });
      },
    }),
    cancel: task<Omit<Booking, "what">, Undone>(`cancel${kind}`, {
      table: ["UpdateItem"],
      handler: () => {
        const store = open();
        return logged(`cancel${kind}`, (event) => store.undo(event));
      },
    }),
  };
}

export const bookings = { Flight: bookable("Flight"), Hotel: bookable("Hotel"), Car: bookable("Car") };

/** Asks a person, who answers with the task token: with `{ "by": "…" }` to approve, or with a failure to refuse. */
export const requestApproval = callbackTask<
  { readonly order_id: string; readonly traveller: string; readonly total: number },
  { readonly by: string }
>("requestApproval", {
  table: [],
  handler: () => async () => {
    // Before you deploy this, send the event's `task_token` to the person who decides.
  },
});

export const issueTickets = task<{ readonly order_id: string; readonly flight: string }, { readonly tickets: string }>(
  "issueTickets",
  {
    table: ["UpdateItem", "GetItem"],
    handler: () => {
      const tickets = storeOf<{ flight: string; tickets: string }>("Tickets");
      return logged("issueTickets", (event) =>
        tickets.create(event, { flight: event.flight, tickets: idFor("tkt", event.saga, event.order_id) }),
      );
    },
  },
);

interface Itinerary {
  readonly order_id: string;
  readonly traveller: string;
  readonly tickets: string;
  readonly hotel: string;
}

export const sendItinerary = task<Itinerary, { readonly order_id: string }>("sendItinerary", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const itineraries = storeOf<Itinerary>("Itinerary");
    return logged("sendItinerary", (event) => {
      const { order_id, traveller, tickets, hotel } = event;
      return itineraries.create(event, { order_id, traveller, tickets, hotel });
    });
  },
});
