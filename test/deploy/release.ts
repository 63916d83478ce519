// A program in two releases, selected by the environment. The second has another handler and one more step.
import { logged, type Ref, saga, SagaStateMachine, sagaTable, seconds, task } from "../../saga";

const release = Number(process.env["RELEASE"]);
type Order = { order_id: string };
const taskOf = (name: string) =>
  task<Order, { release: number }>(name, {
    table: [],
    handler: () => logged(name, async () => ({ outcome: "done", result: { release } })),
  });
const input = ({ input: given }: { input: Ref<Order> }) => ({ order_id: given.order_id });
const call = { task: taskOf("act"), input };
const unact = taskOf("unact");
const undo = (name: string) => ({ name, task: unact, input });

const begun = saga<Order>("Released")
  .step("First", { ...call, undo: undo("UndoFirst") })
  .wait("Pause", seconds(3))
  .query("Second", call);
const released =
  release === 1
    ? begun.returns(({ First, Second }) => ({ saga: 1, first: First.release, second: Second.release }))
    : begun
        .step("Third", { ...call, undo: undo("UndoThird") })
        .returns(({ First, Second }) => ({ saga: 2, first: First.release, second: Second.release }));

const table = sagaTable("orders", { hashKey: "order_id", rangeKey: "entity" });
export const stateMachineArn = new SagaStateMachine(released.name, { saga: released, table }).arn;
