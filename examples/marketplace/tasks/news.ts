import type * as pulumi from "@pulumi/pulumi";
import { serviceTask } from "saga-aws-pulumi";

/** Notifies the subscribers of the topic. Step Functions calls SNS itself, without a function. */
export const announce = (topic: pulumi.Input<string>) =>
  serviceTask<
    { readonly TopicArn: string; readonly Subject: string; readonly Message: string },
    { readonly MessageId: string }
  >("announce", {
    resource: "arn:aws:states:::sns:publish",
    allow: [{ actions: ["sns:Publish"], resources: [topic] }],
  });
