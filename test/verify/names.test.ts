import { expect } from "chai";
import type { Spec } from "../generated/spec";
import { type Edited, edited, forEach, inPayload, query, step, tryEach } from "./edited";
import { stateOf } from "./mutations";

const pivot: Spec = { kind: "pivot" };
/** A step, the pivot, and one after it: S1, S2, S3. */
const COMMITTED: readonly Spec[] = [step, pivot, step];
const COUNT = "'step': $1 & $string($states.context.State.RetryCount)";

const CASES: readonly Edited[] = [
  {
    title: "an undo whose name has the number of the try in it",
    nodes: [step],
    rules: ["S11"],
    says: "the identity of U1 is unknown",
    edit: (machine) => {
      inPayload(machine, "U1", /'step': ('U?S1')/, COUNT);
    },
  },
  {
    title: "an action whose name has the time of its start in it",
    nodes: [step],
    rules: ["S11"],
    says: "the identity of S1 is unknown",
    edit: (machine) => {
      inPayload(machine, "S1", /'step': ('S1')/, "'step': $1 & $states.context.State.EnteredTime");
    },
  },
  ...["uuid", "now", "millis", "random", "shuffle"].map((name): Edited => ({
    title: `an action in a name that calls $${name}()`,
    nodes: [step],
    rules: ["S11"],
    says: `the identity of S1 changes: its saga.step calls $${name}(), which yields another value on each try`,
    edit: (machine) => {
      inPayload(
        machine,
        "S1",
        /'step': ('S1')/,
        `'step': $1 & $string($$${name}(${name === "shuffle" ? "[1, 2]" : ""}))`,
      );
    },
  })),
  {
    title: "an action in a name with a random number of a seed, which is always the same",
    nodes: [step],
    rules: ["S11"],
    says: "the identity of S1 is unknown: another call may have the same saga.step and saga.id",
    edit: (machine) => {
      inPayload(machine, "S1", /'step': ('S1')/, "'step': $1 & $string($random(7))");
    },
  },
  {
    title: "an undo for an execution whose id is made on each try",
    nodes: [step],
    rules: ["S11"],
    says: "the identity of U1 changes: its saga.id calls $uuid(), which yields another value on each try",
    edit: (machine) => {
      inPayload(machine, "U1", /'id': \$states\.context\.Execution\.Id/, "'id': $uuid()");
    },
  },
  {
    title: "that a query whose name is made on each try has one of its own",
    nodes: [step, query],
    rules: [],
    open: ["S11"],
    says: "the identity of these calls changes with $uuid(): S2",
    edit: (machine) => {
      inPayload(machine, "S2", /'step': 'S2'/, "'step': $uuid()");
    },
  },
  {
    title: "a step after the pivot whose name has the number of the try in it",
    nodes: COMMITTED,
    rules: ["S11"],
    says: "the identity of S3 is unknown",
    edit: (machine) => {
      inPayload(machine, "S3", /'step': ('S3')/, COUNT);
    },
  },
  {
    title: "a step after the pivot without a name",
    nodes: COMMITTED,
    rules: ["S11"],
    says: "S3 calls without an identity, but S1 has one",
    edit: (machine) => {
      inPayload(machine, "S3", /, 'saga': \{.*?\}/, "");
    },
  },
  {
    title: "a step after the pivot without saga.step",
    nodes: COMMITTED,
    rules: ["S11"],
    edit: (machine) => {
      inPayload(machine, "S3", /, 'step': 'S3'/, "");
    },
  },
  {
    title: "a step after the pivot in the name of one before it",
    nodes: COMMITTED,
    rules: ["S11"],
    says: "S3 calls with the identity 'S1', and so does S1",
    edit: (machine) => {
      inPayload(machine, "S3", /'step': 'S3'/, "'step': 'S1'");
    },
  },
  {
    title: "a pivot and its undo in the name of the step that follows",
    nodes: COMMITTED,
    rules: ["S11"],
    says: "S2 calls with the identity 'S3', and so does S3",
    edit: (machine) => {
      for (const name of ["S2", "U2"]) inPayload(machine, name, /'step': 'S2'/, "'step': 'S3'");
    },
  },
  {
    title: "two branches after the pivot in one name",
    nodes: [pivot, { kind: "parallel", branches: [[step], [step]] }],
    rules: ["S11"],
    edit: (machine) => {
      inPayload(machine, "S4", /'step': 'S4'/, "'step': 'S3'");
    },
  },
  {
    title: "both sides of a condition after the pivot in one name, of which one runs",
    nodes: [pivot, { kind: "when", holds: true, then: [step], otherwise: [step] }],
    rules: [],
    edit: (machine) => {
      inPayload(machine, "S4", /'step': 'S4'/, "'step': 'S3'");
    },
  },
  {
    title: "the items of a list after the pivot in one name",
    nodes: [pivot, forEach(step)],
    rules: ["S11"],
    says: "S3 calls with the identity 'S3' for each item",
    edit: (machine) => {
      inPayload(machine, "S3", /'step': \(.*?\)(?=\})/, "'step': $states.context.State.Name");
    },
  },
  {
    title: "that a query without a name says one",
    nodes: [step, query],
    rules: [],
    open: ["S11"],
    says: "these call without an identity: S2",
    edit: (machine) => {
      inPayload(machine, "S2", /, 'saga': \{.*?\}/, "");
    },
  },
  {
    title: "that a query in another call's name has one of its own",
    nodes: [step, query],
    rules: [],
    open: ["S11"],
    says: "these share their identity with another call: S2",
    edit: (machine) => {
      inPayload(machine, "S2", /'step': 'S2'/, "'step': 'S1'");
    },
  },
];

tryEach("the verifier, on the names in which calls are made,", CASES);

const SAGA = { id: "{% $states.context.Execution.Id %}", step: "S1" };
const SPELLED = "{'saga': {'id': $states.context.Execution.Id, 'step': 'S1'}}";

/** Messages with an identity: the call, and its arguments. */
const MESSAGES: readonly (readonly [call: string, args: unknown])[] = [
  ["sqs:sendMessage", { QueueUrl: "q", MessageBody: { saga: SAGA } }],
  ["sqs:sendMessage", { QueueUrl: "q", MessageBody: `{% $string(${SPELLED}) %}` }],
  ["sqs:sendMessage", `{% {'QueueUrl': 'q', 'MessageBody': $string($merge([{'a': 1}, ${SPELLED}]))} %}`],
  ["aws-sdk:sqs:sendMessage", { QueueUrl: "q", MessageBody: `{% $string(${SPELLED}) %}` }],
  ["sns:publish", { TopicArn: "t", Message: { saga: SAGA } }],
  ["events:putEvents", { Entries: [{ Source: "s", Detail: { saga: SAGA } }] }],
  ["events:putEvents", { Entries: `{% [{'Source': 's', 'Detail': ${SPELLED}}] %}` }],
  ["aws-sdk:eventbridge:putEvents", { Entries: [{ Detail: `{% $string(${SPELLED}) %}` }] }],
];

describe("the verifier, on the names of executions,", () => {
  const starting = (states: Readonly<Record<string, string>>): readonly (readonly [string, string])[] =>
    edited({
      nodes: [step],
      edit: (machine) => {
        for (const [state, Name] of Object.entries(states)) {
          Object.assign(stateOf(machine, state), {
            Resource: "arn:aws:states:::states:startExecution.sync:2",
            Arguments: { StateMachineArn: "arn:aws:states:eu-west-1:000000000000:stateMachine:Child", Name },
          });
        }
      },
    }).violations.map(({ message, hint }) => [message, hint]);
  const NAME = "{% $states.context.Execution.Name & '-S1' %}";

  it("takes one that is the same on each try, and finds one that a function makes on each", () => {
    expect(starting({ S1: NAME, U1: NAME })).to.deep.equal([]);
    expect(starting({ S1: "{% 'S1-' & $uuid() %}", U1: NAME })).to.deep.include([
      "the identity of S1 changes: its Name calls $uuid(), which yields another value on each try",
      `Give S1 the Name ${NAME}`,
    ]);
    expect(starting({ S1: NAME, U1: "{% $string($millis()) %}" })).to.deep.include([
      "the identity of U1 changes: its Name calls $millis(), which yields another value on each try",
      "Give U1 the Name of S1",
    ]);
  });
});

describe("the verifier, on the names in messages,", () => {
  const sending = (call: string, args: unknown) =>
    edited({
      nodes: [step, step],
      edit: (machine) => {
        Object.assign(stateOf(machine, "S1"), { Resource: `arn:aws:states:::${call}`, Arguments: args });
      },
    });

  for (const [call, args] of MESSAGES) {
    it(`reads the identity in ${call} of ${JSON.stringify(args)}`, () => {
      expect(sending(call, args).proved).to.include("S11");
      const others = JSON.parse(JSON.stringify(args).replace("S1", "S2")) as unknown;
      expect(sending(call, others).violations.map(({ rule, message }) => `${rule}: ${message}`)).to.include(
        "S11: U1 undoes 'S2' with the identity 'S1'",
      );
    });
  }

  it("finds none in another field, in one of several events, or in text", () => {
    const without: readonly (readonly [call: string, args: unknown, hint: string])[] = [
      [
        "sqs:sendMessage",
        { QueueUrl: "q", MessageBody: {}, saga: SAGA },
        "Give S1 a saga.id and a saga.step in its MessageBody",
      ],
      [
        "sqs:sendMessage",
        { QueueUrl: "q", MessageBody: "{% $states.input %}" },
        "Give S1 a saga.id and a saga.step in its MessageBody",
      ],
      [
        "events:putEvents",
        { Entries: [{ Detail: { saga: SAGA } }, { Detail: {} }] },
        "Give S1 a saga.id and a saga.step in its Detail",
      ],
      [
        "dynamodb:putItem",
        { TableName: "t", Item: {} },
        "Let a function make the call of S1, with a saga.id and a saga.step in its Payload",
      ],
    ];
    for (const [call, args, hint] of without) {
      const why = "these call without an identity: S1";
      expect(sending(call, args).unproved).to.deep.include({ rule: "S11", why, hint });
    }
  });
});
