// A program with a folder of its own, whose functions require packages of npm; and one that uses what this package has for them.
import { logged, saga, SagaStateMachine, task } from "saga-aws-pulumi";

interface Order {
  order_id: string;
}
const input = ({ input: given }: { input: { order_id: any } }) => ({ order_id: given.order_id });

const quote = task<Order, { quoted: string }>("quote", {
  packages: ["first", "@scope/third"],
  handler: () => {
    const first = require("first") as () => string;
    const third = require("@scope/third/part") as () => string;
    return async () => ({ quoted: `${first()}, ${third()}` });
  },
});
const report = task<Order, { done: boolean }>("report", {
  handler: () => logged("report", async () => ({ outcome: "done", result: { done: true } })),
});

const shop = saga<Order>("Shop")
  .query("Quote", { task: quote, input })
  .query("Report", { task: report, input })
  .returns(({ Quote }) => ({ quoted: Quote.quoted }));

export const stateMachineArn = new SagaStateMachine("Shop", { saga: shop }).arn;
