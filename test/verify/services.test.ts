import { expect } from "chai";
import { type Verdict, verify } from "../../saga/verify";
import type { Spec } from "../generated/spec";
import { argumentsOf, edited, step } from "./edited";
import { type MutableLevel, stateOf } from "./mutations";

const pivot: Spec = { kind: "pivot" };
const S1_CALLS = "S1 calls ";
const NOT_LEARNT = "so the saga does not learn whether it succeeds";

/** The verdict of two steps, of which one state calls a service instead of its function. */
function calling(state: string, resource: string, nodes: readonly Spec[] = [step, step]): Verdict {
  return edited({
    nodes,
    edit: (machine) => {
      stateOf(machine, state)["Resource"] = resource;
    },
  });
}
const told = ({ violations }: Verdict): readonly string[] =>
  violations
    .filter(({ kind }) => kind === "not-awaited" || kind === "hidden-failure")
    .map(({ rule, message, hint }) => `${rule}: ${message}. ${hint}`);
const optimised = (call: string): string => `arn:aws:states:::${call}`;
const sdk = (call: string): string => optimised(`aws-sdk:${call}`);

/** Calls that are only accepted: what is said, and what awaits them. */
const ACCEPTED: readonly (readonly [resource: string, hint: string])[] = [
  [optimised("states:startExecution"), "Let S1 call states:startExecution.sync:2"],
  [optimised("ecs:runTask"), "Let S1 call ecs:runTask.sync"],
  [optimised("glue:startJobRun"), "Let S1 call glue:startJobRun.sync"],
  [optimised("batch:submitJob"), "Let S1 call batch:submitJob.sync"],
  [optimised("codebuild:startBuild"), "Let S1 call codebuild:startBuild.sync"],
  [optimised("athena:startQueryExecution"), "Let S1 call athena:startQueryExecution.sync"],
  [optimised("sagemaker:createTrainingJob"), "Let S1 call sagemaker:createTrainingJob.sync"],
  [optimised("elasticmapreduce:addStep"), "Let S1 call elasticmapreduce:addStep.sync"],
  [optimised("emr-serverless:startJobRun"), "Let S1 call emr-serverless:startJobRun.sync"],
  [optimised("databrew:startJobRun"), "Let S1 call databrew:startJobRun.sync"],
  [optimised("mediaconvert:createJob"), "Let S1 call mediaconvert:createJob.sync"],
  ["arn:aws-cn:states:::ecs:runTask", "Let S1 call ecs:runTask.sync"],
  [sdk("sfn:startExecution"), "Let S1 call states:startExecution.sync:2"],
  [sdk("ecs:runTask"), "Let S1 call ecs:runTask.sync"],
  [sdk("emr:addJobFlowSteps"), "Let S1 call elasticmapreduce:addStep.sync"],
  [sdk("emrserverless:startJobRun"), "Let S1 call emr-serverless:startJobRun.sync"],
  [sdk("lambda:invokeAsync"), "Let S1 call lambda:invoke"],
  [
    sdk("redshiftdata:executeStatement"),
    "Let S1 call a function that awaits it, or hand on a task token with .waitForTaskToken",
  ],
];

/** Calls that succeed though they have failed, and what in their answer tells. */
const HIDDEN: readonly (readonly [call: string, message: string])[] = [
  ["lambda:invoke", "even if the function fails: only FunctionError in its answer tells"],
  ["sfn:startSyncExecution", "even if the execution fails: only Status in its answer tells"],
  ["dynamodb:batchWriteItem", "even if some items are not written: only UnprocessedItems in its answer tells"],
  ["dynamodb:batchExecuteStatement", "even if some statements fail: only Responses[].Error in its answer tells"],
  ["eventbridge:putEvents", "even if some events are refused: only FailedEntryCount in its answer tells"],
  ["sqs:sendMessageBatch", "even if some messages are refused: only Failed in its answer tells"],
  ["sns:publishBatch", "even if some messages are refused: only Failed in its answer tells"],
  ["kinesis:putRecords", "even if some records are refused: only FailedRecordCount in its answer tells"],
  ["firehose:putRecordBatch", "even if some records are refused: only FailedPutCount in its answer tells"],
  ["s3:deleteObjects", "even if some objects are not deleted: only Errors in its answer tells"],
];

/** Calls that are done when they are answered, or awaited in another way. */
const DONE: readonly string[] = [
  optimised("lambda:invoke"),
  optimised("dynamodb:putItem"),
  optimised("http:invoke"),
  optimised("events:putEvents"),
  optimised("sqs:sendMessage"),
  optimised("ecs:runTask.sync"),
  optimised("states:startExecution.sync:2"),
  optimised("ecs:runTask.waitForTaskToken"),
  sdk("sfn:startExecution.waitForTaskToken"),
  sdk("dynamodb:transactWriteItems"),
  sdk("s3:putObject"),
  "arn:aws:lambda:eu-west-1:000000000000:function:charge",
  "arn:aws:states:eu-west-1:000000000000:activity:charge",
  "${ChargeFunction}",
];

/** Calls of which an answer says nothing that the verifier understands. */
const UNKNOWN: readonly (readonly [resource: string, as: string])[] = [
  [sdk("textract:startDocumentAnalysis"), "aws-sdk:textract:startDocumentAnalysis"],
  [sdk("ec2:runInstances"), "aws-sdk:ec2:runInstances"],
  [optimised("eks:call"), "eks:call"],
  [optimised("athena:stopQueryExecution"), "athena:stopQueryExecution"],
  ["${Charge}", "${Charge}"],
  ["arn:aws:states:::${Service}:startJobRun", "arn:aws:states:::${Service}:startJobRun"],
];

describe("the verifier, on what a service answers,", () => {
  for (const [resource, hint] of ACCEPTED) {
    it(`refuses ${resource}, which is only accepted`, () => {
      const call = resource.replace(/^arn:aws[\w-]*:states:::/, "");
      expect(told(calling("S1", resource))).to.deep.equal([
        `S2: ${S1_CALLS}${call} and does not await it, ${NOT_LEARNT}. ${hint}`,
      ]);
    });
  }

  for (const [call, message] of HIDDEN) {
    it(`refuses aws-sdk:${call}, whose failure is in its answer`, () => {
      const [only = "", ...more] = told(calling("S1", sdk(call)));
      expect(only).to.include(`S2: ${S1_CALLS}aws-sdk:${call}, which succeeds ${message}. Let S1 `);
      expect(more).to.deep.equal([]);
    });
  }

  it("refuses the same of an undo, and of a step after the pivot, under S5", () => {
    expect(told(calling("U1", sdk("lambda:invoke")))).to.deep.equal([
      "S5: U1 calls aws-sdk:lambda:invoke, which succeeds even if the function fails: only FunctionError in its answer " +
        "tells. Let U1 call the optimised integration arn:aws:states:::lambda:invoke, which fails as the function does",
    ]);
    expect(told(calling("S2", optimised("ecs:runTask"), [pivot, step]))).to.deep.equal([
      `S5: S2 calls ecs:runTask and does not await it, ${NOT_LEARNT}. Let S2 call ecs:runTask.sync`,
    ]);
  });

  for (const resource of DONE) {
    it(`takes ${resource} for done`, () => {
      const verdict = calling("S1", resource);
      expect(told(verdict)).to.deep.equal([]);
      expect(verdict.proved).to.include("S2");
    });
  }

  for (const [resource, as] of UNKNOWN) {
    it(`proves nothing of ${resource}, of which it does not know what an answer means`, () => {
      const why = (name: string): string =>
        `it is not known whether these are done when they are answered: ${name} (${as})`;
      const hint = "Let a function make these calls, and answer when they are done";
      expect(calling("S1", resource).unproved).to.deep.include({ rule: "S2", why: why("S1"), hint });
      expect(calling("U1", resource).unproved).to.deep.include({ rule: "S5", why: why("U1"), hint });
    });
  }

  it("lets a query call what it likes", () => {
    const verdict = calling("S1", sdk("redshiftdata:executeStatement"), [{ kind: "query" }, step]);
    expect(told(verdict)).to.deep.equal([]);
    expect(verdict.proved).to.include("S2");
  });

  it("refuses a Task that waits for its token, and hands it to nobody", () => {
    const waiting = (payload: unknown): readonly string[] => {
      const { violations } = edited({
        nodes: [step, step],
        edit: (machine) => {
          const { FunctionName } = argumentsOf(machine, "S1");
          Object.assign(stateOf(machine, "S1"), {
            Resource: optimised("lambda:invoke.waitForTaskToken"),
            Arguments: { FunctionName, Payload: payload },
          });
        },
      });
      return violations.flatMap(({ kind, rule, message, hint }) =>
        kind === "no-token" ? [`${rule}: ${message}. ${hint}`] : [],
      );
    };
    const refused = [
      "S6: S1 waits for its task token to come back, and hands it to nobody: it never succeeds. " +
        "Hand {% $states.context.Task.Token %} on in the Arguments of S1",
    ];
    expect(waiting({ order: "{% $states.input %}" })).to.deep.equal(refused);
    expect(waiting("{% {'token': $states.context.Task.Name, 'text': 'states.context.Task.Token'} %}")).to.deep.equal(
      refused,
    );
    for (const handed of ["$states.context.Task.Token", "$states.context.Task", "$states.context", "$states"]) {
      expect(waiting({ handed: `{% {'it': ${handed}} %}` }), handed).to.deep.equal([]);
    }
  });

  it("refuses the same in JSONPath mode", () => {
    const waiting = (fields: object): readonly string[] =>
      verify(
        {
          StartAt: "A",
          States: {
            A: { Type: "Task", Resource: optimised("sqs:sendMessage.waitForTaskToken"), End: true, ...fields },
          },
        },
        { saga: "S", calls: { A: { role: "query" } } },
      ).violations.flatMap(({ kind, hint }) => (kind === "no-token" ? [hint] : []));
    const refused = ["Hand $$.Task.Token on in the Parameters of A"];
    expect(waiting({})).to.deep.equal(refused);
    expect(waiting({ Parameters: { "MessageBody.$": "$" } })).to.deep.equal(refused);
    expect(waiting({ Parameters: { MessageBody: { "token.$": "$$.Task.Name" } } })).to.deep.equal(refused);
    expect(waiting({ Parameters: { MessageBody: { "token.$": "$$.Task.Token" } } })).to.deep.equal([]);
    expect(waiting({ Parameters: { "MessageBody.$": "States.Format('{}', $$.Task.Token)" } })).to.deep.equal([]);
    expect(waiting({ InputPath: "$$" })).to.deep.equal([]);
  });

  it("reads an InvocationType wherever it is spelled out, and proves nothing where it is not", () => {
    const invoked = (edit: (machine: MutableLevel) => void): Verdict => edited({ nodes: [step, step], edit });
    const says = (type: string): string =>
      `S2: S1 invokes its function with the InvocationType ${type}, ${NOT_LEARNT}. ` +
      "Let S1 call with the InvocationType RequestResponse, and await the answer";
    const whole = (fields: string) => (machine: MutableLevel) => {
      stateOf(machine, "S1")["Arguments"] = `{% ${fields} %}`;
    };
    expect(told(invoked((machine) => (argumentsOf(machine, "S1").InvocationType = "Event")))).to.deep.equal([
      says('"Event"'),
    ]);
    expect(told(invoked(whole("{'FunctionName': 'f', 'InvocationType': 'Event'}")))).to.deep.equal([says('"Event"')]);
    expect(told(invoked(whole("{'FunctionName': 'f', 'InvocationType': $states.input.how}")))).to.deep.equal([
      says('"{% … %}"'),
    ]);
    expect(told(invoked(whole("{'FunctionName': 'f', 'InvocationType': 'RequestResponse'}")))).to.deep.equal([]);
    const unknown = invoked(whole("$states.input"));
    expect(told(unknown)).to.deep.equal([]);
    expect(unknown.unproved.map(({ rule, why }) => `${rule}: ${why}`)).to.include(
      "S2: it is not known whether these are done when they are answered: S1 (lambda:invoke)",
    );
  });
});
