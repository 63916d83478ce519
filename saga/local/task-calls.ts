import { randomUUID } from "node:crypto";
import type { Json, TaskCall } from "../interpreter";
import type { CallFaults } from "./call-faults";
import { type ChildExecutionsContext, runChild, startsExecution } from "./child-executions";
import type { CloudClock } from "./clock";
import type { LocalDynamoDB } from "./dynamodb/table";
import type { Functions } from "./functions";
import { type MachineRole, permit } from "./iam/machine-role";
import { invokeTask } from "./lambda/task";
import type { Program } from "./program";
import { placeOf, type Release } from "./release";
import { arnsOf, FUNCTION, ofType, taskOf } from "./resources";
import { answerOfStub, callService, NotOnThisMachine } from "./services/integrations";
import type { Outbox } from "./services/outbox";
import type { TaskCaller } from "./step-functions/service";
import { type Stub, stubFor, type Stubs } from "./stubs";
import type { Answers } from "./answers";

/** The services that calls of states need. */
export interface TaskCallsContext extends ChildExecutionsContext {
  readonly release: () => Release;
  readonly functions: Functions;
  readonly dynamoDB: () => LocalDynamoDB;
  readonly outbox: Outbox;
  readonly answers: Answers;
  readonly clock: CloudClock;
  /** The injected faults. */
  readonly faults: CallFaults;
  /** Resolves once everything so far is written to the data folder. */
  readonly durable: () => Promise<void>;
}

/**
 * The calls of states: of a function, of another execution, or of a service's action. Each requires a permission of the
 * machine's role.
 */
export class TaskCalls {
  constructor(private readonly context: TaskCallsContext) {}

  /** Makes the call of a task in an execution, and answers its token if it has one. */
  async invoke(call: TaskCall, { machine: { arn }, roleArn, execution }: TaskCaller): Promise<Json> {
    const { clock, durable, answers, faults } = this.context;
    const machine = { arn, roleArn };
    const release = clock.hold();
    let waits = false;
    try {
      // The journal must contain everything before the call: a restart must not lose what led to it.
      await durable();
      if (startsExecution(call)) {
        release();
        const deliver = () => runChild(this.context, machine, { call, parentArn: execution.arn });
        return await faults.strike(arn, call, { deliver, release });
      }
      const result = await faults.strike(arn, call, { deliver: () => this.call(machine, call), release });
      waits = !answers.reply(execution, call);
      return result;
    } finally {
      if (waits) answers.holdTime(release);
      else release();
    }
  }

  /** Makes the call of a task outside of an execution. */
  call(machine: MachineRole, call: TaskCall): Promise<Json> {
    if (startsExecution(call)) return runChild(this.context, machine, { call });
    const { dynamoDB, authorize, outbox, stubs, answers } = this.context;
    return answers.during(() =>
      /:lambda:invoke/.test(call.resource)
        ? this.invokeFunction(machine, call)
        : callService(machine, call, { dynamoDB: dynamoDB(), authorize, outbox, stubs }),
    );
  }

  /** Makes the call of a Task that TestState tests, with a role. */
  callAlone(resource: string, args: Json, roleArn: string): Promise<Json> {
    const { region, account } = placeOf(this.context.release());
    const arn = `arn:aws:states:${region}:${account}:stateMachine:${randomUUID()}`;
    const { signal } = new AbortController();
    return this.call(
      { arn, roleArn },
      {
        resource,
        state: "StateName",
        arguments: args,
        attempt: 0,
        context: { Execution: {}, StateMachine: {} },
        signal,
        hold: () => () => {},
        submitted: () => {},
      },
    );
  }

  private async invokeFunction(
    machine: MachineRole,
    { arguments: args, signal, hold, state }: TaskCall,
  ): Promise<Json> {
    const { authorize, functions, stubs, release } = this.context;
    const { FunctionName, Payload } = args as { FunctionName: string; Payload: Json };
    await permit(authorize, machine, "lambda:InvokeFunction", FunctionName);
    const stub = stubOfFunction(stubs, state, FunctionName, release().standing);
    if (stub) return { ExecutedVersion: "$LATEST", Payload: answerOfStub(stub), StatusCode: 200 };
    if (!functions.has(FunctionName)) {
      throw new NotOnThisMachine(
        `'${state}' invokes ${FunctionName}, which the program does not create: give its answer with --stubs, such ` +
          `as {"${state}": {"output": {}}}`,
      );
    }
    return invokeTask(functions.at(FunctionName), Payload, { signal, hold });
  }
}

/** The stub for a call of a function: by its state, by its ARN, or by one of its names. */
function stubOfFunction(stubs: Stubs, state: string, arn: string, standing: Program): Stub | undefined {
  if (Object.keys(stubs).length === 0) return undefined;
  const lambda = ofType(standing, FUNCTION).find((each) => arnsOf(each).includes(arn));
  const name = arn.replace(/^arn:.*:function:/, "");
  const names = [arn, name, name.replace(/:.*/, ""), ...(lambda ? [taskOf(lambda), lambda.name] : [])];
  return stubFor(stubs, state, ...names);
}
