import { expect } from "chai";
import { tripBooking } from "../../examples/trip/saga";
import { LocalCloud } from "../../saga/local/cloud";
import type { Json, JsonObject } from "../../saga/interpreter";
import type { DeployedFunction } from "../../saga/local/lambda/function";
import { compile } from "../../saga/compile";
import { tasksOf } from "../../saga/language";

import jsonata = require("jsonata");
import { evaluated } from "../evaluated";

const TRIP = {
  traveller: "Ada",
  total: 800,
  card_no: "123-1234",
  flight: "LHR-TRN",
  hotel: "Duchi",
  cars: ["Panda", "500"],
};

describe("the trip saga, deployed on this machine", function () {
  this.timeout(60_000);
  let cloud: LocalCloud;
  const asked: unknown[] = [];

  before(async () => {
    const program = await evaluated("examples/trip/index.ts");
    cloud = await LocalCloud.start(program, {
      answer: (state, request) => {
        asked.push({ state, ...(request as JsonObject) });
        const { total } = request as { total: number };
        return total <= 5000 ? { output: { by: "the manager" } } : { error: "Refused", cause: "too expensive" };
      },
    });
  });
  after(() => cloud.close());

  let count = 0;
  const book = async (changes: JsonObject = {}) => {
    const { report } = await cloud.execute({ ...TRIP, order_id: `trip-${++count}`, ...changes });
    const items = report.tables["trips"] ?? [];
    const live = items.filter(({ status }) => status === "LIVE").map(({ entity }) => entity);
    return { ...report, items, live, calls: report.path };
  };

  it("deploys a function for every task that it names, and the functions that recover and sweep executions", () => {
    expect([...cloud.functions.keys()]).to.have.members([
      ...tasksOf(tripBooking).map(({ name }) => name),
      "TripBooking_recover",
      "TripBooking_sweep",
    ]);
  });

  it("books, pays, tickets and announces", async () => {
    const { outcome, calls, live, output } = await book();
    expect(outcome).to.equal("completed");
    expect(calls).to.have.members([
      "BookFlight",
      "BookHotel",
      "RentCar[0]",
      "RentCar[1]",
      "Pay",
      "IssueTickets",
      "SendItinerary",
    ]);
    expect(live).to.deep.equal(["CAR#0", "CAR#1", "FLIGHT#0", "HOTEL#0", "ITINERARY", "PAYMENT", "TICKETS"]);
    expect(output).to.have.all.keys("payment_id", "tickets", "hotel", "cars");
    expect((output as any).cars.map((each: any) => each.RentCar.what)).to.deep.equal(["Panda", "500"]);
  });

  it("asks for an approval of an expensive trip, and continues with the answer", async () => {
    const { outcome, calls } = await book({ total: 4000 });
    expect(outcome).to.equal("completed");
    expect(calls[0]).to.equal("Approve");
    expect(asked.at(-1)).to.include({ state: "Approve", total: 4000, traveller: "Ada" });
    expect((asked.at(-1) as any).task_token).to.be.a("string");
  });

  it("books nothing if the approval is refused", async () => {
    const { outcome, calls, items, cause } = await book({ total: 9000 });
    expect(outcome).to.equal("compensated");
    expect(calls).to.deep.equal(["Approve"]);
    expect(items).to.deep.equal([]);
    expect(JSON.parse(cause as string)).to.deep.equal({
      saga: "TripBooking",
      step: "Approve",
      error: "Refused",
      cause: "too expensive",
    });
  });

  it("cancels everything if one of the cars can't be rented", async () => {
    const { outcome, calls, live } = await book({ cars: ["Panda", ""] });
    expect(outcome).to.equal("compensated");
    expect(calls).to.include.members(["CancelFlight", "CancelHotel", "ReturnCar[0]", "ReturnCar[1]"]);
    expect(calls).not.to.include("Pay");
    expect(live).to.deep.equal([]);
  });

  it("rents two cars under two identities and in two rows, and returns both", async () => {
    const { outcome, items } = await book({ card_no: "" });
    const cars = items.filter(({ entity }) => String(entity).startsWith("CAR"));
    expect(outcome).to.equal("compensated");
    expect(cars.map(({ entity, what, status }) => [entity, what, status])).to.deep.equal([
      ["CAR#0", "Panda", "UNDONE"],
      ["CAR#1", "500", "UNDONE"],
    ]);
    // A reference is made from the caller's identity.
    expect(new Set(cars.map(({ reference }) => reference))).to.have.property("size", 2);
  });

  it("refuses a car without its item's index, instead of mistaking it for another car", async () => {
    const { Book } = compile(tripBooking, ({ name }) => name).States as any;
    const { RentCar } = Book.Branches[2].States.Cars.ItemProcessor.States;
    const source = RentCar.Arguments.Payload.replace(/^{%|%}$/g, "") as string;
    const payload = async (input: unknown) => {
      const states = { context: { Execution: { Id: "e", Input: { order_id: "untold" } } }, input };
      return JSON.parse(JSON.stringify(await jsonata(source).evaluate({}, { states }))) as Json;
    };
    expect(await payload({ item: "Panda", index: 1 })).to.have.nested.property("saga.step", "RentCar[1]");
    const untold = await payload(undefined);
    expect(untold).to.deep.equal({ order_id: "untold", saga: { id: "e" } });
    const refused = await (cloud.functions.get("bookCar") as DeployedFunction)
      .invoke(untold)
      .catch((error: unknown) => error);
    expect(refused).to.include({ error: "InvalidSagaIdentity" });
  });

  it("undoes everything if the payment fails, the payment itself first", async () => {
    const { outcome, calls, live } = await book({ card_no: "" });
    expect(outcome).to.equal("compensated");
    expect(calls.indexOf("Refund")).to.be.below(calls.indexOf("CancelFlight"));
    expect(live).to.deep.equal([]);
  });

  it("rents no car if the list is empty", async () => {
    const { outcome, live } = await book({ cars: [] });
    expect(outcome).to.equal("completed");
    expect(live.filter((entity) => String(entity).startsWith("CAR"))).to.deep.equal([]);
  });
});
