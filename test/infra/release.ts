// A program in two releases, by the environment: the second has another handler, and a step more.
import { logged } from "../../handlers/logged";
import { SagaStateMachine, sagaTable } from "../../infra";
import { type Ref, saga, seconds, task } from "../../saga";

const release = Number(process.env["RELEASE"]);
const act = task<{ order_id: string }, { release: number }>("act", {
  table: [],
  handler: () => logged("act", async () => ({ outcome: "done", result: { release } })),
});
const call = { task: act, input: ({ input }: { input: Ref<{ order_id: string }> }) => ({ order_id: input.order_id }) };

const begun = saga<{ order_id: string }>("Released")
  .query("First", call)
  .wait("Pause", seconds(3))
  .query("Second", call);
const released =
  release === 1
    ? begun.returns(({ First, Second }) => ({ saga: 1, first: First.release, second: Second.release }))
    : begun
        .query("Third", call)
        .returns(({ First, Second }) => ({ saga: 2, first: First.release, second: Second.release }));

const table = sagaTable("orders");
export const stateMachineArn = new SagaStateMachine(released.name, { saga: released, table }).arn;
