import { expect } from "chai";
import { DefinitionError, readDefinition, verify } from "../../saga/verify";

type State = Record<string, unknown>;

const task = (fields: State = {}): State => ({
  Type: "Task",
  Resource: "arn:aws:states:::lambda:invoke",
  TimeoutSeconds: 5,
  End: true,
  ...fields,
});
const machine = (States: Record<string, unknown>, more: object = {}): object => ({
  QueryLanguage: "JSONata",
  StartAt: Object.keys(States)[0],
  States,
  ...more,
});
const query = { saga: "S", calls: { A: { role: "query" } } } as const;
const retrier = (fields: State): State => task({ Retry: [{ ErrorEquals: ["E"], ...fields }] });
const inner = machine({ C: { Type: "Pass", End: true } }, { QueryLanguage: undefined });
const beside = (state: State): object => machine({ A: task({ End: undefined, Next: "B" }), B: state });
const choice = (rule: State, more: State = {}): object =>
  machine({
    A: task({ End: undefined, Next: "B" }),
    B: { Type: "Choice", Choices: [{ Next: "C", ...rule }], Default: "D", ...more },
    C: { Type: "Succeed" },
    D: { Type: "Succeed" },
  });
const jsonpath = (state: State, more: object = {}): object =>
  machine({ A: state }, { QueryLanguage: undefined, ...more });

const FLAWS: readonly (readonly [title: string, definition: object, message: string])[] = [
  ["neither Next nor End", machine({ A: task({ End: undefined }) }), "A: it has neither Next nor End"],
  ["both Next and End", machine({ A: task({ Next: "A" }) }), "A: it has both Next and End"],
  ["an End that is false", machine({ A: task({ End: false }) }), "A, End: it is false"],
  ["a Succeed that leads on", beside({ Type: "Succeed", Next: "A" }), "B, Next: a Succeed has none"],
  ["a Fail that ends", beside({ Type: "Fail", End: true }), "B, End: a Fail has none"],
  ["a Choice with Next", choice({ Condition: "{% true %}" }, { Next: "C" }), "B, Next: a Choice has none"],
  ["a task that calls nothing", machine({ A: task({ Resource: undefined }) }), "A, Resource: there is none"],
  [
    "a field of JSONPath",
    machine({ A: task({ Parameters: {} }) }),
    "A, Parameters: it belongs to JSONPath, and the state is in JSONata mode",
  ],
  [
    "a ResultPath of a catcher",
    machine({
      A: task({ Catch: [{ ErrorEquals: ["States.ALL"], Next: "B", ResultPath: "$.e" }] }),
      B: { Type: "Fail" },
    }),
    "A, Catch[0]/ResultPath: it belongs to JSONPath",
  ],
  ["a rule of JSONPath", choice({ Variable: "$.a" }), "B, Choices[0]/Variable: it belongs to JSONPath"],
  ["a field of JSONata", jsonpath(task({ Arguments: {} })), "A, Arguments: it belongs to JSONata"],
  ["a state in JSONPath mode", machine({ A: task({ QueryLanguage: "JSONPath" }) }), "A, QueryLanguage: a machine in"],
  ["an unknown language", jsonpath(task(), { QueryLanguage: "XPath" }), 'QueryLanguage: there is no "XPath"'],
  ["a timeout of none", machine({ A: task({ TimeoutSeconds: 0 }) }), "A, TimeoutSeconds: it is 0"],
  ["a timeout in text", machine({ A: task({ TimeoutSeconds: "5" }) }), 'A, TimeoutSeconds: it is "5"'],
  [
    "a heartbeat as long",
    machine({ A: task({ HeartbeatSeconds: 5 }) }),
    "A, HeartbeatSeconds: it is 5, and the timeout 5",
  ],
  ["a rate below 1", machine({ A: retrier({ BackoffRate: 0.5 }) }), "A, Retry[0]/BackoffRate: it is 0.5"],
  ["an interval of none", machine({ A: retrier({ IntervalSeconds: 0 }) }), "A, Retry[0]/IntervalSeconds: it is 0"],
  ["half an attempt", machine({ A: retrier({ MaxAttempts: 0.5 }) }), "A, Retry[0]/MaxAttempts: it is 0.5"],
  ["attempts below none", machine({ A: retrier({ MaxAttempts: -1 }) }), "A, Retry[0]/MaxAttempts: it is -1"],
  [
    "a ceiling below the interval",
    machine({ A: retrier({ IntervalSeconds: 5, MaxDelaySeconds: 4 }) }),
    "A, Retry[0]/MaxDelaySeconds: it is 4",
  ],
  ["a jitter that there is not", machine({ A: retrier({ JitterStrategy: "HALF" }) }), 'JitterStrategy: it is "HALF"'],
  ["a Pass that retries", beside({ Type: "Pass", Retry: [], End: true }), "B, Retry: a Pass has none"],
  ["a rule without a condition", choice({}), "B, Choices[0]/Condition: it is no expression"],
  ["a wait for nothing", beside({ Type: "Wait", End: true }), "B: it does not say how long to wait"],
  ["a wait below nothing", beside({ Type: "Wait", Seconds: -1, End: true }), "B, Seconds: it is -1"],
  ["no branch", beside({ Type: "Parallel", Branches: [], End: true }), "B, Branches: there are none"],
  ["no iteration", beside({ Type: "Map", End: true }), "B, ItemProcessor: there is none"],
  [
    "iterations below none",
    beside({ Type: "Map", MaxConcurrency: -1, ItemProcessor: inner, End: true }),
    "B, MaxConcurrency: it is -1",
  ],
  [
    "a distributed Map",
    beside({ Type: "Map", ItemProcessor: { ...inner, ProcessorConfig: { Mode: "DISTRIBUTED" } }, End: true }),
    "B, ItemProcessor/ProcessorConfig/Mode: a distributed Map is not supported",
  ],
  ["more than 1 MB", machine({ A: task() }, { Comment: "x".repeat(1024 * 1024) }), "definition: it has 1,048,"],
];

const pass = { Type: "Pass", End: true };
const REFUSED: readonly (readonly [title: string, definition: unknown, message: string])[] = [
  ["that is none", 7, "it is no object"],
  ["without states", { StartAt: "A" }, "it has no StartAt that names one of its States"],
  ["with a list of states", { StartAt: "A", States: [] }, "States is no object"],
  ["that starts at a number", { StartAt: 1, States: { 1: pass } }, "it has no StartAt"],
  ["that starts nowhere", { StartAt: "constructor", States: { A: pass } }, "it has no StartAt"],
  ["with a state that is none", machine({ A: null }), "A is no object"],
  ["with a type that there is not", machine({ A: { Type: "Job" } }), 'A/Type is "Job": there are Task,'],
  ["that leads to a number", machine({ A: { Type: "Pass", Next: 1 } }), "A/Next is no name of a state"],
  ["with one catcher", machine({ A: task({ Catch: {} }) }), "A/Catch is no list"],
  ["with a retrier that is none", machine({ A: task({ Retry: ["E"] }) }), "A/Retry[0] is no object"],
  ["with one error", machine({ A: task({ Retry: [{ ErrorEquals: "E" }] }) }), "A/Retry[0]/ErrorEquals is no list"],
  ["with no error", machine({ A: task({ Retry: [{ ErrorEquals: [] }] }) }), "A/Retry[0]/ErrorEquals is no list"],
  ["with a catcher to nowhere", machine({ A: task({ Catch: [{}] }) }), "A/Catch[0]/Next is no name of a state"],
  ["with one rule", machine({ A: { Type: "Choice", Choices: {} } }), "A/Choices is no list"],
  ["with one branch", machine({ A: { Type: "Parallel", Branches: {} } }), "A/Branches is no list"],
  [
    "with a branch that is none",
    machine({ A: { Type: "Parallel", Branches: [{}] } }),
    "A/Branches[0] has no StartAt that names one of its States",
  ],
  ["with an assignment of nothing", machine({ A: { ...pass, Assign: [] } }), "A/Assign is no object"],
];

describe("the verifier, on definitions that Step Functions refuses,", () => {
  for (const [title, definition, message] of FLAWS) {
    it(`finds ${title}`, () => {
      const { violations } = verify(definition as never, query);
      const flaws = violations.filter(({ rule }) => rule === "definition").map((flaw) => flaw.message);
      expect(
        flaws.filter((flaw) => flaw.includes(message)),
        flaws.join("\n"),
      ).to.have.length(1);
    });
  }

  for (const [title, definition, message] of REFUSED) {
    it(`refuses one ${title}`, () => {
      expect(() => readDefinition(definition)).to.throw(DefinitionError, message);
    });
  }

  it("tells what is wrong with several catchers once, and names them", () => {
    const catching = (error: string, fields: State): State => ({ ErrorEquals: [error], Next: "B", ...fields });
    const found = (...Catch: readonly State[]): readonly string[] =>
      verify(machine({ A: task({ Catch }), B: { Type: "Succeed" } }) as never, query)
        .violations.filter(({ message }) => message.includes("Catch"))
        .map(({ rule, message }) => `${rule} ${message}`);
    const partial = { Assign: { count: "{% $states.input.a + 1 %}" } };
    expect(found(catching("E", partial), catching("F", {}), catching("States.ALL", partial))).to.deep.equal([
      "S7 A, Catch[0]/Assign/count and Catch[2]/Assign/count: It can fail, and no Catch handles that here: '+' of values that may not be two numbers, or whose result may be too large",
    ]);
    expect(found(catching("E", { ResultPath: "$.a" }), catching("States.ALL", { ResultPath: "$.b" }))).to.deep.equal([
      "definition A, Catch[0]/ResultPath and Catch[1]/ResultPath: it belongs to JSONPath, and the state is in JSONata mode",
    ]);
    const other = { Assign: { count: "{% $states.input.b + 1 %}", total: "{% $states.input.c + 1 %}" } };
    expect(found(catching("States.ALL", other))).to.have.length(2);
  });

  it("finds nothing in a task that waits, times out by an expression, and is named as an object's own", () => {
    const definition = machine({
      constructor: task({
        TimeoutSeconds: "{% 5 %}",
        Retry: [{ ErrorEquals: ["E"], IntervalSeconds: 5, MaxDelaySeconds: 5, MaxAttempts: 0 }],
        Catch: [{ ErrorEquals: ["E"], Next: "Failed" }],
        End: undefined,
        Next: "Later",
      }),
      Later: { Type: "Wait", Seconds: 0, End: true },
      Failed: { Type: "Fail" },
    });
    const { violations } = verify(definition as never, {
      saga: "S",
      calls: { constructor: { role: "query" } as never },
    });
    expect(violations.filter(({ rule }) => rule === "definition")).to.deep.equal([]);
    const { violations: undeclared } = verify(definition as never, { saga: "S", calls: {} });
    expect(undeclared.map(({ message }) => message)).to.include("constructor is not declared");
  });
});
