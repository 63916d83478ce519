import { deepEqual, equal } from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { days } from "saga-aws-pulumi";
import { memoryTable, startSaga } from "saga-aws-pulumi/testing";
import { onboarding } from "../onboarding";
import { askReviewers } from "../tasks/reviews";
import { type Partners, startPartners } from "./partners";

const ADA = { seller: "Ada", shop: "Ada's lamps", offers: "lamps" };

describe("an onboarding", () => {
  let partners: Partners;
  before(async () => {
    partners = await startPartners();
  });
  after(() => partners.close());
  const apply = (table = memoryTable()) =>
    startSaga(onboarding({ reviewsUrl: partners.reviewsUrl }), { input: ADA, table });

  it("asks the reviewers, and opens the shop once one of them approves it", async () => {
    const run = await apply();
    deepEqual(run.waitingFor, ["Approve"]);
    equal(partners.applications.length, 1);
    await run.pass(days(2));
    await run.answer(askReviewers(partners.reviewsUrl), { by: "Grace" });
    equal(run.outcome, "completed");
    deepEqual(run.output, { shop: "Ada's lamps", approvedBy: "Grace" });
  });

  it("gives the name back if nobody answers for three days", async () => {
    const table = memoryTable();
    const run = await apply(table);
    await run.end();
    equal(run.outcome, "compensated");
    equal(run.elapsed, 3 * 24 * 60 * 60 * 1000);
    equal((await apply(table)).waitingFor.length, 1);
  });

  it("refuses a shop whose name is taken", async () => {
    const table = memoryTable();
    await apply(table);
    equal((await apply(table)).failure?.error, "ShopAlreadyExists");
  });
});
