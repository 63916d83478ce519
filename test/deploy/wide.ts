// A program whose saga has more steps than fit into one role's policy, each with its own function and undo.
import { logged, saga, SagaStateMachine, sagaTable, task } from "../../saga";

type Order = { order_id: string };
const act = (name: string) =>
  task<Order, { done: boolean }>(name, {
    table: [],
    handler: () => logged("act", async () => ({ outcome: "done", result: { done: true } })),
  });
const input = ({ input: given }: { input: { order_id: any } }) => ({ order_id: given.order_id });

// The builder has another type after each step, so a loop can't be typed.
let steps: any = saga<Order>("Wide");
for (let at = 1; at <= Number(process.env["STEPS"]); at++) {
  const undo = { name: `Undo${at}`, task: act(`takeBackWhatTheStepDid${at}`), input };
  steps = steps.step(`Step${at}`, { task: act(`doWhatTheStepIsFor${at}`), input, undo });
}
const wide = steps.returns(() => ({}));

const table = sagaTable("orders", { hashKey: "order_id", rangeKey: "entity" });
export const stateMachineArn = new SagaStateMachine("Wide", { saga: wide, table }).arn;
