// A program in its own folder, whose functions require npm packages. One of them uses this package's store.
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
