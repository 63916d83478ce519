// A program whose saga reads outputs, which only the deployment knows.
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { concat, saga, SagaStateMachine, sagaTable, seconds, serviceTask } from "../../saga";

const topic = new aws.sns.Topic("news");
const settings = pulumi.output({ greeting: "{% $uuid() %}", limits: [1, { most: 2 }] });
const announce = serviceTask<{ TopicArn: string; Message: string; Limits: unknown }, { MessageId: string }>(
  "announce",
  {
    resource: "arn:aws:states:::sns:publish",
    allow: [{ actions: ["sns:Publish"], resources: [topic.arn] }],
  },
);
const news = saga<{ message: string }>("News")
  .query("Announce", {
    task: announce,
    input: ({ input }) => ({
      TopicArn: topic.arn as never,
      Message: concat(settings.greeting as never, " ", input.message),
      Limits: settings.limits as never,
    }),
    timeout: seconds(5),
    retry: { attempts: 3 },
  })
  .returns(({ Announce }) => ({ id: Announce.MessageId }));

const table = sagaTable("orders", { hashKey: "order_id", rangeKey: "entity" });
export const stateMachineArn = new SagaStateMachine(news.name, { saga: news, table, workflowType: "EXPRESS" }).arn;
