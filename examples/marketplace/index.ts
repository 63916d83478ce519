// A marketplace for second-hand things: each is there once. One saga lets sellers in, the other sells what they offer.
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { SagaStateMachine, sagaTable } from "saga-aws-pulumi";
import { checkout } from "./checkout";
import { onboarding } from "./onboarding";

const config = new pulumi.Config();
const news = new aws.sns.Topic("news");
// An owner is a seller or a buyer; a record a shop, a thing that is sold, or an order.
const table = sagaTable("marketplace", { hashKey: "owner", rangeKey: "record" });

const sells = new SagaStateMachine("Checkout", {
  saga: checkout({
    newsTopic: news.arn,
    payments: { url: config.require("paymentsUrl"), key: config.requireSecret("paymentsKey") },
  }),
  table,
});
const letsIn = new SagaStateMachine("Onboarding", {
  saga: onboarding({ reviewsUrl: config.require("reviewsUrl") }),
  table,
  // Somebody decides, and may take three days.
  slowExecutionMinutes: 4 * 24 * 60,
});

export const checkoutArn = sells.arn;
export const onboardingArn = letsIn.arn;
export const newsArn = news.arn;
