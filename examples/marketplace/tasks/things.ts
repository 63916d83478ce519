import { check, logged, nonBlank, openStore, task, type Undone } from "saga-aws-pulumi";

interface Thing {
  readonly seller: string;
  readonly thing: string;
}

interface Reservation {
  readonly order: string;
}

/** Each thing exists once: the saga that owns its row has reserved it. */
const openThings = () =>
  openStore<Thing, Reservation>({
    table: process.env["TABLE_NAME"],
    entity: "Thing",
    key: ({ seller, thing }) => ({ owner: seller, record: `THING#${thing}` }),
    refusals: { exists: "ThingTaken" },
  });

const NAMED = { seller: nonBlank(200), thing: nonBlank(200) };

export const reserve = task<Thing & Reservation, Reservation>("reserve", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const things = openThings();
    return logged("reserve", async (event) => {
      check("InvalidThing", event, NAMED);
      return things.create(event, { order: event.order });
    });
  },
});

export const release = task<Thing, Undone>("release", {
  table: ["UpdateItem"],
  handler: () => {
    const things = openThings();
    return logged("release", (event) => things.undo(event));
  },
});
