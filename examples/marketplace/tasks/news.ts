import type * as pulumi from "@pulumi/pulumi";
import { serviceTask } from "saga-aws-pulumi";

/** Tells whoever has subscribed to the topic. Step Functions calls SNS itself: there is no function in between. */
export const announce = (topic: pulumi.Input<string>) =>
  serviceTask<
    { readonly TopicArn: string; readonly Subject: string; readonly Message: string },
    { readonly MessageId: string }
  >("announce", {
    resource: "arn:aws:states:::sns:publish",
    allow: [{ actions: ["sns:Publish"], resources: [topic] }],
  });
