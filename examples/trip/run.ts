import { join } from "node:path";
import { LocalCloud } from "../../saga/local/cloud";
import type { JsonObject } from "../../saga/interpreter";
import { printExecution } from "../../saga/cli/print";
import { evaluateProgram } from "../../saga/local/program";

const TRIP = { traveller: "Ada", card_no: "123-1234", flight: "LHR-TRN", hotel: "Duchi", cars: ["Panda", "500"] };

const TRIPS: readonly (readonly [title: string, trip: JsonObject])[] = [
  ["A trip", { ...TRIP, order_id: "1", total: 800 }],
  ["An expensive trip that is approved", { ...TRIP, order_id: "2", total: 4000 }],
  ["A trip that is too expensive", { ...TRIP, order_id: "3", total: 9000 }],
  ["A trip with a car that can't be rented", { ...TRIP, order_id: "4", total: 900, cars: ["Panda", ""] }],
  ["A trip without a card", { ...TRIP, order_id: "5", total: 900, card_no: "" }],
];

/** Approves up to 5,000. */
function manager(_state: string, request: unknown) {
  const { total } = request as { total: number };
  return total <= 5000
    ? { output: { by: "the manager" } }
    : { error: "Refused", cause: `${total} is more than the manager approves` };
}

async function main(): Promise<void> {
  const cloud = await LocalCloud.start(await evaluateProgram({}, join(__dirname, "index.ts")), { answer: manager });
  try {
    for (const [title, trip] of TRIPS) printExecution({ title, ...(await cloud.execute(trip)) });
  } finally {
    await cloud.close();
  }
}

void main();
