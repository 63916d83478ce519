import { SagaStateMachine, sagaTable } from "../../saga";
import { tripBooking } from "./saga";

const table = sagaTable("trips", { hashKey: "order_id", rangeKey: "entity", deletionProtection: false });
// An approval alone may take two days.
const slowExecutionMinutes = 3 * 24 * 60;
const machine = new SagaStateMachine(tripBooking.name, { saga: tripBooking, table, slowExecutionMinutes });

export const stateMachineArn = machine.arn;
