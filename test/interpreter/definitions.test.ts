import { expect } from "chai";
import { DefinitionError, loadMachine } from "../../saga/interpreter";
import { INVOKE } from "./helpers";

const END = { Type: "Succeed" };
const task = (extra: object = {}) => ({ Type: "Task", Resource: INVOKE, End: true, ...extra });
const machine = (A: object, more: object = {}) => ({ QueryLanguage: "JSONata", StartAt: "A", States: { A, ...more } });
const inner = (A: object) => ({ StartAt: "Inner", States: { Inner: A } });
const pass = (extra: object = {}) => ({ Type: "Pass", End: true, ...extra });

function refusal(definition: unknown): { code: string; location: string; message: string } {
  try {
    loadMachine(definition);
  } catch (error) {
    if (error instanceof DefinitionError) return error;
    throw error;
  }
  throw new Error("the definition was accepted");
}

describe("interpreter: definitions", () => {
  const notImplemented: [string, unknown, string][] = [
    ["a JSONPath machine", { StartAt: "A", States: { A: pass() } }, "/States/A/QueryLanguage"],
    ["Credentials", machine(task({ Credentials: { RoleArn: "arn" } })), "/States/A/Credentials"],
    [
      "a Distributed Map",
      machine({
        Type: "Map",
        ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, ...inner(pass()) },
        End: true,
      }),
      "/States/A/ItemProcessor/ProcessorConfig",
    ],
    [
      "an ItemReader",
      machine({ Type: "Map", ItemReader: {}, ItemProcessor: inner(pass()), End: true }),
      "/States/A/ItemReader",
    ],
    [
      "an activity",
      machine(task({ Resource: "arn:aws:states:us-east-1:123456789012:activity:a" })),
      "/States/A/Resource",
    ],
  ];
  for (const [name, definition, location] of notImplemented) {
    it(`refuses ${name} as not implemented`, () => {
      expect(refusal(definition)).to.deep.include({ code: "NOT_IMPLEMENTED", location });
    });
  }

  const invalid: [string, unknown, string][] = [
    ["no StartAt", { QueryLanguage: "JSONata", States: { A: END } }, ""],
    ["an unknown type", machine({ Type: "Loop" }), "/States/A/Type"],
    ["an unknown field", machine(pass({ Retries: [] })), "/States/A/Retries"],
    ["an unknown field of the machine", { ...machine(END), Timeout: 1 }, "/Timeout"],
    ["a field of JSONPath", machine(pass({ ResultPath: "$.a" })), "/States/A/ResultPath"],
    ["a JSONPath state in a JSONata machine", machine(pass({ QueryLanguage: "JSONPath" })), "/States/A"],
    ["both Next and End", machine(pass({ Next: "A" })), "/States/A"],
    ["neither Next nor End", machine({ Type: "Pass" }), "/States/A"],
    ["a Succeed with Next", machine({ ...END, Next: "A" }), "/States/A/Next"],
    ["an unknown resource", machine(task({ Resource: "arn:aws:states:::lambda:run" })), "/States/A/Resource"],
    [
      "an aws-sdk task with .sync",
      machine(task({ Resource: "arn:aws:states:::aws-sdk:s3:getObject.sync" })),
      "/States/A/Resource",
    ],
    ["TimeoutSeconds 0", machine(task({ TimeoutSeconds: 0 })), "/States/A/TimeoutSeconds"],
    [
      "HeartbeatSeconds above TimeoutSeconds",
      machine(task({ TimeoutSeconds: 5, HeartbeatSeconds: 5 })),
      "/States/A/HeartbeatSeconds",
    ],
    ["JSONata that does not parse", machine(pass({ Output: "{% 1 + %}" })), "/States/A/Output"],
    ["JSONata of a later version", machine(pass({ Output: "{% $states.input.a ?? 1 %}" })), "/States/A/Output"],
    ["$eval", machine(pass({ Output: "{% $eval('1') %}" })), "/States/A/Output"],
    ["an expression that is not closed", machine(pass({ Output: "{% 1" })), "/States/A/Output"],
    ["a variable named states", machine(pass({ Assign: { states: 1 } })), "/States/A/Assign"],
    [
      "both Seconds and Timestamp",
      machine({ Type: "Wait", Seconds: 1, Timestamp: "2025-01-01T00:00:00Z", End: true }),
      "/States/A",
    ],
    ["a Timestamp that is none", machine({ Type: "Wait", Timestamp: "tomorrow", End: true }), "/States/A/Timestamp"],
    ["an empty ErrorEquals", machine(task({ Retry: [{ ErrorEquals: [] }] })), "/States/A/Retry[0]/ErrorEquals"],
    [
      "States.ALL that is not last",
      machine(task({ Retry: [{ ErrorEquals: ["States.ALL"] }, { ErrorEquals: ["E"] }] })),
      "/States/A/Retry[0]/ErrorEquals",
    ],
    [
      "States.ALL that is not alone",
      machine(task({ Retry: [{ ErrorEquals: ["E", "States.ALL"] }] })),
      "/States/A/Retry[0]/ErrorEquals",
    ],
    [
      "MaxDelaySeconds up to IntervalSeconds",
      machine(task({ Retry: [{ ErrorEquals: ["E"], MaxDelaySeconds: 1 }] })),
      "/States/A/Retry[0]/MaxDelaySeconds",
    ],
    [
      "a BackoffRate below 1",
      machine(task({ Retry: [{ ErrorEquals: ["E"], BackoffRate: 0.5 }] })),
      "/States/A/Retry[0]/BackoffRate",
    ],
    ["Retry on a Pass", machine(pass({ Retry: [] })), "/States/A/Retry"],
    ["an empty Choices", machine({ Type: "Choice", Choices: [] }), "/States/A/Choices"],
    [
      "Map Items that are no array",
      machine({ Type: "Map", Items: 1, ItemProcessor: inner(pass()), End: true }),
      "/States/A/Items",
    ],
    [
      "a name of more than 80 characters",
      { QueryLanguage: "JSONata", StartAt: "x".repeat(81), States: { ["x".repeat(81)]: END } },
      `/States/${"x".repeat(81)}`,
    ],
  ];
  for (const [name, definition, location] of invalid) {
    it(`refuses ${name}`, () => {
      expect(refusal(definition)).to.deep.include({ code: "SCHEMA_VALIDATION_FAILED", location });
    });
  }

  it("refuses targets that do not exist", () => {
    const code = "MISSING_TRANSITION_TARGET";
    expect(refusal(machine({ Type: "Pass", Next: "B" }))).to.deep.include({ code, location: "/States/A/Next" });
    const Catch = [{ ErrorEquals: ["E"], Next: "B" }];
    expect(refusal(machine(task({ Catch })))).to.deep.include({ code, location: "/States/A/Catch[0]/Next" });
    expect(refusal({ ...machine(END), StartAt: "Z" })).to.deep.include({ code, location: "/StartAt" });
  });

  it("refuses a state that cannot be reached", () => {
    expect(refusal(machine(END, { B: END }))).to.deep.include({ code: "UNREACHABLE_STATE", location: "/States/B" });
  });

  it("refuses one name for two states, at any depth", () => {
    const branch = { StartAt: "A", States: { A: END } };
    expect(refusal(machine({ Type: "Parallel", Branches: [branch], End: true }))).to.deep.include({
      code: "DUPLICATE_STATE_NAME",
      location: "/States/A/Branches[0]/States/A",
    });
  });

  it("refuses a branch that assigns a variable of an outer scope", () => {
    const A = { Type: "Parallel", Branches: [inner(pass({ Assign: { x: 1 } }))], Next: "B" };
    expect(refusal(machine(A, { B: pass({ Assign: { x: 2 } }) }))).to.deep.include({
      code: "VARIABLE_SCOPE",
      location: "/States/A/Branches[0]/States/Inner",
    });
  });

  it("refuses a definition of more than 1 MB", () => {
    expect(refusal({ ...machine(END), Comment: "x".repeat(2 ** 20) }).code).to.equal("DEFINITION_TOO_LARGE");
  });

  it("accepts JSONata states in a machine that does not say its query language", () => {
    expect(() => loadMachine({ StartAt: "A", States: { A: pass({ QueryLanguage: "JSONata" }) } })).not.to.throw();
  });
});
