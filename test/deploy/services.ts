// A program whose saga calls a service and no function.
import { saga, SagaStateMachine, sagaTable, seconds, serviceTask } from "../../saga";

const TOPIC = "arn:aws:sns:eu-west-1:000000000000:news";
const announce = serviceTask<{ TopicArn: string; Message: string }, { MessageId: string }>("announce", {
  resource: "arn:aws:states:::sns:publish",
  allow: [{ actions: ["sns:Publish"], resources: [TOPIC] }],
});
const news = saga<{ message: string }>("News")
  .query("Announce", {
    task: announce,
    input: ({ input }) => ({ TopicArn: TOPIC, Message: input.message }),
    timeout: seconds(5),
    retry: { attempts: 3 },
  })
  .returns(({ Announce }) => ({ id: Announce.MessageId }));

const table = sagaTable("orders", { hashKey: "order_id", rangeKey: "entity" });
export const stateMachineArn = new SagaStateMachine(news.name, { saga: news, table, workflowType: "EXPRESS" }).arn;
