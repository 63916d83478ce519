import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { expect } from "chai";
import { SLOW } from "../slow";
import { browse, type Browsing, describeInBrowser } from "./browser";
import { until } from "./fixture";
import { Person, takePicture } from "./person";

const ORDERS = JSON.parse(readFileSync(join(__dirname, "../../examples/orders.json"), "utf8")) as readonly {
  readonly title: string;
  readonly path: readonly string[];
}[];

const ALL_UNDONE = { CancelShipment: "undone", RefundPayment: "undone", DeleteOrder: "undone" };

const VIEW = { viewport: { width: 1100, height: 820 } };

/** A client of Step Functions that finds executions by name. */
function clientOf({ cloud }: Browsing) {
  const sfn = new SFNClient({
    endpoint: cloud.endpoint,
    region: cloud.place().region,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  return {
    sfn,
    /** @returns its ARN */
    named: async (name: string): Promise<string> => {
      const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}));
      for (const { stateMachineArn } of stateMachines) {
        const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
        const found = executions.find((each) => each.name === name);
        if (found) return found.executionArn as string;
      }
      throw new Error(`there is no execution ${name}`);
    },
  };
}

describeInBrowser("what a person sees in the console", function () {
  this.timeout(240_000);
  let browsing: Browsing;
  let person: Person;

  before(async () => {
    browsing = await browse();
  });
  after(() => browsing.close());
  beforeEach(async () => {
    person = new Person(await browsing.open("", VIEW));
  });
  afterEach(async () => {
    await person.page.context().close();
    expect(browsing.complaints()).to.deep.equal([]);
  });

  /** Follows the link to the saga's page. */
  const toSaga = (): Promise<void> =>
    person.page.getByRole("link", { name: "OrderFulfilment", exact: true }).first().click();

  const colours: readonly Readonly<Record<string, string>>[] = [
    { CreateOrder: "done", ProcessPayment: "done", ProcessShipment: "done", completed: "done", DeleteOrder: "idle" },
    { CreateOrder: "failed", DeleteOrder: "undone", ProcessPayment: "idle", completed: "idle" },
    {
      CreateOrder: "done",
      ProcessPayment: "failed",
      RefundPayment: "undone",
      DeleteOrder: "undone",
      CancelShipment: "idle",
    },
    { CreateOrder: "done", ProcessPayment: "done", ProcessShipment: "failed", ...ALL_UNDONE, completed: "idle" },
  ];
  ORDERS.forEach(({ title }, at) => {
    it(`sees the order "${title}" in its colours ${SLOW}`, async () => {
      await toSaga();
      await person.start(title, `1${at}`);
      await person.seesGraph(colours[at] as Readonly<Record<string, string>>);
      await person.seesText(at === 0 ? "completed" : "compensated");
      if (at !== 3) return;
      await person.page.getByRole("button", { name: "ProcessShipment", exact: true }).click();
      await person.seesText("failed: InvalidShipment");
      await person.page.getByRole("slider", { name: "Event" }).press("End");
      await takePicture(person.page, "execution", ["light", "dark"]);
      for (const view of ["Events", "Input and output", "Rows", "Logs", "Timeline"]) {
        await person.page.getByRole("tab", { name: view }).click();
        await person.findsNothingInTheWay();
      }
    });
  });

  it(`sees where JSON is wrong, and can't start it ${SLOW}`, async () => {
    await toSaga();
    const field = person.page.getByLabel("Input", { exact: true });
    await field.fill('{\n  "order_id": "2",\n}');
    await person.seesText("Line 3, column 1: Remove the comma");
    expect(await field.getAttribute("aria-invalid")).to.equal("true");
    expect(await person.page.getByRole("button", { name: "Start" }).isDisabled()).to.be.true;
    await field.fill("");
    await person.seesText(/The input is empty/);
    expect(await person.page.getByRole("button", { name: "Start" }).isDisabled()).to.be.true;
  });

  it(`sets a fault with the keyboard, and sees the compensation ${SLOW}`, async () => {
    await toSaga();
    const call = person.page.getByRole("button", { name: "ProcessShipment" });
    await call.focus();
    await call.press("Enter");
    await person.findsNothingInTheWay();
    await person.page.getByRole("menuitem", { name: "Fail after the write, once" }).click();
    await person.seesText("ProcessShipment Fail after the write, once");
    await takePicture(person.page, "fault");
    await person.start("Successful order", "20");
    await person.seesGraph({ ProcessPayment: "done", ProcessShipment: "failed", ...ALL_UNDONE });
    // The shipment is in doubt. So it is undone, and a late action would be refused.
    await person.seesLedger({ CreateOrder: "undone", ProcessPayment: "undone", ProcessShipment: "tombstoned" });
  });

  it(`sees the tries of a throttled call ${SLOW}`, async () => {
    await toSaga();
    await person.press("ProcessPayment");
    await person.page.getByRole("menuitem", { name: "Throttle, once" }).click();
    await person.seesText("ProcessPayment Throttle, once");
    await person.start("Successful order", "25");
    await person.seesGraph({
      CreateOrder: "done",
      ProcessPayment: "retried",
      ProcessShipment: "done",
      completed: "done",
    });
    await person.page
      .getByRole("listitem")
      .filter({ hasText: /^ProcessPayment.*2 tries$/ })
      .waitFor();
    // A fault for one call is removed after it.
    await person.page.getByRole("link", { name: "OrderFulfilment" }).click();
    await person.seesText("No fault is set.");
  });

  it(`sees the rows of a running execution as it writes them, and keeps scroll position and focus ${SLOW}`, async () => {
    await toSaga();
    for (const call of ["ProcessPayment", "ProcessShipment"]) {
      await person.press(call);
      await person.page.getByRole("menuitem", { name: "Throttle, always" }).click();
      await person.seesText(`${call} Throttle, always`);
    }
    await person.start("Successful order", "27");
    await person.seesGraph({ CreateOrder: "done", ProcessPayment: "in progress" });
    await person.page.getByRole("tab", { name: "Rows" }).click();
    const rows = person.page.locator("ul.rows pre");
    await until(async () => (await rows.count()) === 1);
    await rows.first().focus();
    // The first row is larger than its box, and is scrolled.
    await rows.first().evaluate((row: any) => {
      row.style.maxHeight = "4rem";
      row.scrollTop = 20;
      row.dataset.readByTest = "yes";
    });
    const place = () =>
      person.page.evaluate(() => {
        const { document, scrollY } = globalThis as any;
        const { dataset, scrollTop } = document.activeElement;
        return { isSame: dataset.readByTest === "yes", scrollTop, scrollY };
      });
    const before = await place();
    expect(before).to.include({ isSame: true, scrollTop: 20 });
    const { faults } = browsing.cloud;
    for (const [state, count] of [
      ["ProcessPayment", 2],
      ["ProcessShipment", 3],
    ] as const) {
      const [fault] = faults.list().filter((each) => each.state === state);
      faults.clear(fault);
      await until(async () => (await rows.count()) === count);
      expect(await place()).to.deep.equal(before);
      await person.seesGraph({ [state]: "retried" });
    }
  });

  it(`stops an order whose effects are live, and sees that its recovery has undone them ${SLOW}`, async () => {
    await toSaga();
    await person.press("ProcessShipment");
    await person.page.getByRole("menuitem", { name: "Throttle, always" }).click();
    await person.start("Successful order", "28");
    await person.seesGraph({ ProcessPayment: "done", ProcessShipment: "in progress" });
    await person.press("Stop…");
    await person.press("Stop it");
    await person.seesText("Its recovery has undone these effects");
    await person.seesLedger({ CreateOrder: "live", ProcessPayment: "live", ProcessShipment: "in doubt" });
    browsing.cloud.faults.clear();
  });

  it(`selects an earlier event with the keyboard, and sees graph, ledger and variables as of it ${SLOW}`, async () => {
    await toSaga();
    await person.start("Failed shipment (missing address)", "30");
    await person.seesLedger({ CreateOrder: "undone", ProcessPayment: "undone", ProcessShipment: "tombstoned" });
    const last = Number(await person.page.getByRole("slider").getAttribute("max"));
    await person.goBackTo(12);
    await person.seesLedger({ CreateOrder: "live", ProcessPayment: "live", ProcessShipment: "not begun" });
    await person.seesGraph({
      CreateOrder: "done",
      ProcessPayment: "done",
      ProcessShipment: "in progress",
      DeleteOrder: "idle",
    });
    const slider = person.page.getByRole("slider", { name: "Event" });
    expect(await slider.getAttribute("aria-valuetext")).to.match(
      /^event 12 of \d+: TaskStateEntered ProcessShipment, /,
    );
    expect(await person.page.locator("dl.variables").textContent())
      .to.match(/ProcessPayment/)
      .and.not.match(/failure/);
    // The address contains the selected event.
    await person.page.waitForURL(/\?at=12$/);
    await person.page.reload();
    await person.seesLedger({ CreateOrder: "live", ProcessPayment: "live", ProcessShipment: "not begun" });
    await slider.press("End");
    expect(Number(await slider.inputValue())).to.equal(last);
    await person.seesLedger({ CreateOrder: "undone", ProcessPayment: "undone", ProcessShipment: "tombstoned" });
  });

  it(`plays a counterexample of the tutorial's machine, which leaves a payment behind ${SLOW}`, async () => {
    await person.page.getByRole("link", { name: "The tutorial's machine" }).click();
    const lost = person.page
      .getByRole("listitem")
      .filter({ hasText: "leaves behind ProcessPayment, CreateOrder (done)" });
    await lost.getByRole("button", { name: "Play" }).click();
    await person.seesGraph({ CreateOrder: "done", ProcessPayment: "idle" });
    await person.press("next step");
    await person.seesGraph({ CreateOrder: "done", ProcessPayment: "done", ProcessShipment: "idle" });
    await person.press("next step");
    await person.seesGraph({ CreateOrder: "done", ProcessPayment: "done", ProcessShipment: "stuck" });
    expect(await person.page.locator("ul.outstanding li").allTextContents()).to.deep.equal([
      "CreateOrder live",
      "ProcessPayment live",
      "ProcessShipment in doubt",
    ]);
    await takePicture(person.page, "counterexample");
    await person.findsNothingInTheWay();
  });

  it(`opens a history saved by the AWS CLI, which is not sent anywhere ${SLOW}`, async () => {
    await toSaga();
    await person.start("Failed payment (missing card_no)", "50");
    await person.seesGraph({ ProcessPayment: "failed", DeleteOrder: "undone" });
    const { sfn, named } = clientOf(browsing);
    const executionArn = await named("order-50");
    const history = await sfn.send(new GetExecutionHistoryCommand({ executionArn, includeExecutionData: true }));
    const machine = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    const file = (name: string, content: string) => ({
      name,
      mimeType: "application/json",
      buffer: Buffer.from(content),
    });
    // A history of another account, whose machine has other states.
    const foreign = (text: string): string =>
      text.replaceAll("ProcessPayment", "ChargeCard").replaceAll("RefundPayment", "Uncharge");
    await person.page.getByRole("link", { name: "Open a history" }).click();
    const files = person.page.getByLabel("Files");
    const before = person.requests.length;
    await files.setInputFiles(file("broken.json", '{"events": [}'));
    await person.seesText("broken.json: line 1, column 13: Expected a value, got }");
    await files.setInputFiles(file("own.json", JSON.stringify({ events: history.events })));
    await person.seesText("matches OrderFulfilment");
    await person.seesLedger({ CreateOrder: "undone", ProcessPayment: "tombstoned", ProcessShipment: "not begun" });
    await files.setInputFiles(file("foreign.json", foreign(JSON.stringify({ events: history.events }))));
    await person.seesText("matches no saga here: add its machine");
    await files.setInputFiles(file("bad.json", '{"StartAt": "A", "States": {"A": null}}'));
    await person.seesText("bad.json: A is no object");
    await files.setInputFiles(file("machine.json", foreign(JSON.stringify({ ...machine, $metadata: undefined }))));
    await person.seesGraph({ CreateOrder: "done", ChargeCard: "failed", Uncharge: "undone", DeleteOrder: "undone" });
    const calls = {
      CreateOrder: { role: "compensable", undo: "DeleteOrder" },
      ChargeCard: { role: "compensable", undo: "Uncharge" },
    };
    await files.setInputFiles(file("declaration.json", JSON.stringify({ saga: "Foreign", calls })));
    await person.seesLedger({ CreateOrder: "undone", ChargeCard: "tombstoned" });
    await person.findsNothingInTheWay();
    const dropped = await person.page.evaluateHandle(
      (text) => {
        const transfer = new (globalThis as any).DataTransfer();
        transfer.items.add(new File([text], "dropped.json"));
        return transfer;
      },
      JSON.stringify({ events: history.events }),
    );
    await person.page.locator("section.drop").dispatchEvent("drop", { dataTransfer: dropped });
    await person.page.getByRole("heading", { level: 1, name: "dropped.json" }).waitFor();
    await person.seesLedger({ CreateOrder: "undone", ProcessPayment: "tombstoned", ProcessShipment: "not begun" });
    await person.goBackTo(8);
    await person.seesLedger({ CreateOrder: "live", ProcessPayment: "in progress", ProcessShipment: "not begun" });
    const sent = person.requests
      .slice(before)
      .filter(({ method, body }) => method !== "GET" || /Uncharge|order-50/.test(body));
    expect(sent).to.deep.equal([]);
  });

  it(`finds executions by outcome and by name ${SLOW}`, async () => {
    for (const [example, id, end] of [
      ["Successful order", "60", { completed: "done" }],
      ["Failed payment (missing card_no)", "61", { DeleteOrder: "undone" }],
    ] as const) {
      await toSaga();
      await person.start(example, id);
      await person.seesGraph(end);
      await person.page.getByRole("link", { name: "Sagas", exact: true }).click();
    }
    const names = person.page.getByRole("table", { name: "Executions" }).getByRole("link");
    await person.page.getByLabel("Name").fill("order-6");
    const seesNames = async (...expected: readonly string[]): Promise<void> => {
      await until(async () => (await names.allTextContents()).sort().join() === expected.join());
    };
    await seesNames("order-60", "order-61");
    for (const [outcome, name] of [
      ["completed", "order-60"],
      ["compensated", "order-61"],
    ] as const) {
      await person.page.getByLabel("Status").selectOption(outcome);
      await seesNames(name);
    }
    await person.page.getByLabel("Status").selectOption("stuck");
    await person.seesText("No execution matches. Start one, or change the filter.");
  });

  it(`looks further for stuck executions behind more compensated ones than one answer reads ${SLOW}`, async () => {
    const { sfn } = clientOf(browsing);
    const { stateMachines: [first] = [] } = await sfn.send(new ListStateMachinesCommand({}));
    const { roleArn } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: first?.stateMachineArn }));
    const { stateMachineArn } = await sfn.send(
      new CreateStateMachineCommand({
        name: "fails",
        roleArn,
        definition: JSON.stringify({
          QueryLanguage: "JSONata",
          StartAt: "Fail",
          States: { Fail: { Type: "Fail", Error: "SagaCompensated" } },
        }),
      }),
    );
    for (let at = 0; at < 310; at++) await sfn.send(new StartExecutionCommand({ stateMachineArn }));
    await person.page.getByLabel("Status").selectOption("stuck");
    await person.seesText("None so far.");
    await person.press("Look further");
    await person.seesText("No execution matches. Start one, or change the filter.");
    expect(await person.page.getByRole("button", { name: "Look further" }).count()).to.equal(0);
  });

  describe("of an undo that fails for a quarter of an hour", () => {
    let fast: Browsing;

    before(async () => {
      // Waits pass a thousand times faster.
      fast = await browse(".", { time: 1000 });
    });
    after(() => fast.close());
    beforeEach(async () => {
      await person.page.context().close();
      person = new Person(await fast.open("", VIEW));
    });
    afterEach(() => {
      expect(fast.complaints()).to.deep.equal([]);
    });

    it(`sees why an execution is stuck and what a redrive would do, and redrives it ${SLOW}`, async () => {
      await toSaga();
      await person.press(/RefundPayment/);
      await person.page.getByRole("menuitem", { name: "Fail before the write, always" }).click();
      await person.seesText("RefundPayment Fail before the write, always");
      await person.start("Failed shipment (missing address)", "40");
      await person.seesGraph({
        ProcessShipment: "failed",
        CancelShipment: "undone",
        RefundPayment: "stuck",
        DeleteOrder: "idle",
      });
      await person.seesText(/Repair what makes RefundPayment fail/);
      await person.page.getByText("What would a redrive do?").click();
      expect(await person.page.locator("ol.ahead li").allTextContents()).to.deep.equal([
        "RefundPayment runs again, with fresh retries",
        "DeleteOrder is called next",
        "SagaCompensated ends the execution: compensated",
      ]);
      await person.seesLedger({ CreateOrder: "live", ProcessPayment: "live", ProcessShipment: "tombstoned" });
      await takePicture(person.page, "stuck");
      await person.findsNothingInTheWay();
      await person.page.getByRole("link", { name: "OrderFulfilment" }).click();
      await person.press("Remove the fault of RefundPayment");
      await person.seesText("No fault is set.");
      await person.page.getByRole("link", { name: "order-40" }).click();
      await person.press("Redrive");
      await person.seesGraph(ALL_UNDONE);
      await person.seesLedger({ CreateOrder: "undone", ProcessPayment: "undone", ProcessShipment: "tombstoned" });
      await person.seesText("redriven 1×");
    });
  });

  describe("of a saga that waits for an approval", () => {
    let trip: Browsing;
    const TRIP = { traveller: "Ada", card_no: "123-1234", flight: "LHR-TRN", hotel: "Duchi", cars: ["Panda", "500"] };

    before(async () => {
      trip = await browse("examples/trip/index.ts");
    });
    after(() => trip.close());
    beforeEach(async () => {
      await person.page.context().close();
      person = new Person(await trip.open("", VIEW));
    });
    afterEach(() => {
      expect(trip.complaints()).to.deep.equal([]);
    });

    /** Starts an expensive trip with typed input, and sees it wait for an approval. */
    const startTrip = async (id: string): Promise<void> => {
      await person.page.getByRole("link", { name: "TripBooking", exact: true }).click();
      await person.page
        .getByLabel("Input", { exact: true })
        .fill(JSON.stringify({ ...TRIP, order_id: id, total: 4000 }));
      await person.page.getByLabel("Name (optional)").fill(`trip-${id}`);
      await person.press("Start");
      await person.seesGraph({ "Approve waits for an answer": "waiting" });
    };
    const statusOf = async (id: string): Promise<string | undefined> => {
      const { sfn, named } = clientOf(trip);
      return (await sfn.send(new DescribeExecutionCommand({ executionArn: await named(`trip-${id}`) }))).status;
    };

    it(`approves it, and sees it continue ${SLOW}`, async () => {
      await startTrip("1");
      await person.findsNothingInTheWay();
      await person.page.getByLabel("Result (JSON)").fill('{"by": "the manager"}');
      await person.page.getByRole("button", { name: "Approve", exact: true }).first().dblclick();
      await person.seesGraph({
        "Approve waits for an answer": "done",
        "Pay pivot: no way back": "done",
        completed: "done",
      });
      expect(await statusOf("1")).to.equal("SUCCEEDED");
      // The second press of the double click has sent nothing.
      expect(person.requests.filter(({ body }) => body.includes("taskToken"))).to.have.length(1);
    });

    it(`rejects it, and sees it end ${SLOW}`, async () => {
      await startTrip("2");
      await person.page.getByLabel("Reason for a rejection").fill("too expensive");
      await person.press("Reject");
      await person.seesGraph({ "Approve waits for an answer": "failed", "Pay pivot: no way back": "idle" });
      expect(await statusOf("2")).to.equal("FAILED");
    });

    it(`stops it after a confirmation ${SLOW}`, async () => {
      await startTrip("3");
      await person.press("Stop…");
      await person.findsNothingInTheWay();
      await person.press("Let it run");
      expect(await statusOf("3")).to.equal("RUNNING");
      await person.press("Stop…");
      await person.press("Stop it");
      await person.seesGraph({ "Approve waits for an answer": "aborted" });
      await person.seesText("its recovery has undone its effects");
      expect(await person.page.getByRole("button", { name: "Redrive" }).count()).to.equal(0);
      await person.page.getByText("recovered by").getByRole("link").click();
      await person.seesText("recovers trip-3");
      expect(await statusOf("3")).to.equal("ABORTED");
    });
  });
});
