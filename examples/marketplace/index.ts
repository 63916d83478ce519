// A marketplace for second-hand things. One saga opens the sellers' shops, the other sells their things.
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { SagaStateMachine, sagaTable } from "saga-aws-pulumi";
import { checkout } from "./checkout";
import { onboarding } from "./onboarding";

const config = new pulumi.Config();
const news = new aws.sns.Topic("news");
// The owner is a shop's name, a seller or a buyer. The record is a shop, a thing or an order.
const table = sagaTable("marketplace", { hashKey: "owner", rangeKey: "record" });

const sells = new SagaStateMachine("Checkout", {
  saga: checkout({
    newsTopic: news.arn,
    payments: { url: config.require("paymentsUrl"), key: config.requireSecret("paymentsKey") },
  }),
  table,
});
const opensShops = new SagaStateMachine("Onboarding", {
  saga: onboarding({ reviewsUrl: config.require("reviewsUrl") }),
  table,
  // The reviewers may take three days.
  slowExecutionMinutes: 4 * 24 * 60,
});

export const checkoutArn = sells.arn;
export const onboardingArn = opensShops.arn;
export const newsArn = news.arn;
