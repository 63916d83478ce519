import { GetExecutionHistoryCommand, type SFNClient } from "@aws-sdk/client-sfn";
import type { CloudOptions } from "../../../saga/local/cloud";
import { LocalCloud } from "../../../saga/local/cloud";
import type { Program, Resource } from "../../../saga/local/program";

export const PLACE = "eu-west-1:000000000000";
const ROLE = "arn:aws:iam::000000000000:role/all";
const LAMBDA = `arn:aws:lambda:${PLACE}:function`;
export const machineArn = (name: string): string => `arn:aws:states:${PLACE}:stateMachine:${name}`;

const HANDLER = `exports.handler = async (event, { awsRequestId }) => {
  console.log("got " + JSON.stringify(event));
  if (event.fail) throw Object.assign(new Error(event.fail), { name: "Refused" });
  if (event.exit) process.exit(3);
  if (event.key) return { accessKeyId: process.env.AWS_ACCESS_KEY_ID };
  return event;
};`;

const CALL = { Type: "Task", Arguments: { FunctionName: `${LAMBDA}:echo`, Payload: "{% $states.input %}" } };

/** The definitions of the program's machines. */
const MACHINES: Readonly<Record<string, { readonly states: object; readonly type?: "EXPRESS" }>> = {
  echo: {
    states: {
      Call: { ...CALL, Resource: "arn:aws:states:::lambda:invoke", Output: "{% $states.result.Payload %}", End: true },
    },
  },
  wait: { states: { Wait: { Type: "Wait", Seconds: 3600, End: true } } },
  approve: {
    states: {
      Ask: {
        ...CALL,
        Arguments: { FunctionName: `${LAMBDA}:echo`, Payload: { token: "{% $states.context.Task.Token %}" } },
        Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken",
        TimeoutSeconds: 172_800,
        HeartbeatSeconds: 86_400,
        End: true,
      },
    },
  },
  quick: { states: { Pass: { Type: "Pass", Output: "{% {'got': $states.input} %}", End: true } }, type: "EXPRESS" },
};

export const definition = (states: object): string =>
  JSON.stringify({ QueryLanguage: "JSONata", StartAt: Object.keys(states)[0], States: states });

const resource = (type: string, name: string, arn: string, inputs: Resource["inputs"] = {}): Resource => ({
  type,
  name,
  physicalName: name,
  arn,
  inputs,
});

/** A small program, as if Pulumi had evaluated it. */
export const program: Program = {
  resources: [
    resource("aws:iam/role:Role", "all", ROLE, {
      inlinePolicies: [
        {
          policy: JSON.stringify({
            Version: "2012-10-17",
            Statement: [
              { Effect: "Allow", Action: ["lambda:InvokeFunction"], Resource: "*" },
              { Effect: "Allow", Action: ["states:SendTaskSuccess"], Resource: machineArn("approve") },
            ],
          }),
        },
      ],
    }),
    resource("aws:dynamodb/table:Table", "orders", `arn:aws:dynamodb:${PLACE}:table/orders`, {
      attributes: [{ name: "id", type: "S" }],
      hashKey: "id",
    }),
    ...["echo", "other"].map((name) =>
      resource("aws:lambda/function:Function", name, `${LAMBDA}:${name}`, {
        code: { assets: { "__index.js": { text: HANDLER } } },
        handler: "__index.handler",
        runtime: "nodejs20.x",
        role: ROLE,
        tags: { task: name },
      }),
    ),
    ...Object.entries(MACHINES).map(([name, { states, type }]) => ({
      ...resource("aws:sfn/stateMachine:StateMachine", name, machineArn(name), {
        definition: definition(states),
        roleArn: ROLE,
        ...(type && { type }),
      }),
      versionArn: `${machineArn(name)}:7`,
    })),
    resource("aws:sfn/alias:Alias", "live", `${machineArn("echo")}:live`, {
      routingConfigurations: [
        { stateMachineVersionArn: `${machineArn("echo")}:7`, weight: 90 },
        { stateMachineVersionArn: `${machineArn("echo")}:6`, weight: 10 },
      ],
    }),
  ],
  outputs: {},
};

export const startCloud = (options: CloudOptions = {}): Promise<LocalCloud> => LocalCloud.start(program, options);

/**
 * The options of each client. Two actions of Step Functions prefix the host name with `sync-`, which an IP address does
 * not support.
 */
export const clientOptions = ({ endpoint }: { readonly endpoint: string }) => ({
  endpoint,
  disableHostPrefix: true,
  region: "eu-west-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
});

/** The task token that a started execution of the machine `approve` waits for. */
export async function tokenOf(sfn: SFNClient, executionArn: string): Promise<string> {
  for (;;) {
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    const parameters = events.find(({ type }) => type === "TaskScheduled")?.taskScheduledEventDetails?.parameters;
    const submitted = events.some(({ type }) => type === "TaskSubmitted");
    if (submitted) return (JSON.parse(parameters as string) as { Payload: { token: string } }).Payload.token;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The failure of a request: the error's name, its message and its status. */
export async function failureOf(request: Promise<unknown>): Promise<{ name: string; message: string; status: number }> {
  try {
    await request;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { name, message, status: $metadata?.httpStatusCode ?? 0 };
  }
  throw new Error("the request did not fail");
}
