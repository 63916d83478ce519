import { expect } from "chai";
import * as fc from "fast-check";
import { tripBooking } from "../../examples/trip/saga";
import { orderFulfilment } from "../../orderFulfilment";
import { TIMESTAMP } from "../../saga/asl/times";
import { compile, compileMachine, machinesOf, recoveryOf } from "../../saga/compile";
import { type Saga, saga } from "../../saga/language";
import { type Finding, lint, type LintRule } from "../../saga/verify/lint";
import { build } from "../generated/build";
import { scenario } from "../generated/spec";
import { stub } from "../language/tasks";

import validate = require("asl-validator");
import { sizes } from "../slow";

const pass = (fields: object = {}) => ({ Type: "Pass", End: true, ...fields });
const task = (fields: object = {}) => ({
  Type: "Task",
  Resource: "arn:aws:states:::lambda:invoke",
  Arguments: { FunctionName: "f", Payload: "{% {} %}" },
  TimeoutSeconds: 5,
  ...fields,
});
const machine = (States: object, more: object = {}) =>
  ({ QueryLanguage: "JSONata", StartAt: Object.keys(States)[0], States, ...more }) as never;
const one = (state: object) => machine({ A: state });
const all = { ErrorEquals: ["States.ALL"], Next: "B" };

const CASES: readonly (readonly [rule: LintRule, title: string, bad: never, good: never])[] = [
  [
    "unparsable",
    "JSONata that came after 2.0.6",
    one(pass({ Output: "{% {'a': $states.input.a ?? 1} %}" })),
    one(pass({ Output: "{% {'a': $states.input.a} %}" })),
  ],
  [
    "undefined-variable",
    "a variable that nothing assigns",
    one(pass({ Output: "{% {'a': $x} %}" })),
    one(pass({ Output: "{% {'a': ($x := 1; $x), 'b': $map([1], function($y) {$y})} %}" })),
  ],
  [
    "unassigned-variable",
    "a variable that a failed task would have assigned",
    machine({
      A: task({ Assign: { x: "{% $states.result %}" }, Catch: [all], Next: "B" }),
      B: pass({ Output: "{% {'x': $x} %}" }),
    }),
    machine({
      A: task({ Assign: { x: "{% $states.result %}" }, Catch: [{ ...all, Assign: { x: null } }], Next: "B" }),
      B: pass({ Output: "{% {'x': $x} %}" }),
    }),
  ],
  [
    "unassigned-variable",
    "a variable that one side of a choice leaves out",
    machine({
      A: { Type: "Choice", Choices: [{ Condition: "{% true %}", Assign: { x: 1 }, Next: "B" }], Default: "B" },
      B: pass({ Output: "{% {'x': $x} %}" }),
    }),
    machine({
      A: {
        Type: "Choice",
        Choices: [{ Condition: "{% true %}", Assign: { x: 1 }, Next: "B" }],
        Assign: { x: 2 },
        Default: "B",
      },
      B: pass({ Output: "{% {'x': $x} %}" }),
    }),
  ],
  [
    "misplaced-states-field",
    "a result before there is one",
    one(task({ Arguments: { FunctionName: "f", Payload: "{% {'a': $states.result} %}" }, End: true })),
    one(task({ Assign: { a: "{% $states.result %}" }, End: true })),
  ],
  [
    "misplaced-states-field",
    "an error where none was caught",
    one(task({ Assign: { a: "{% {'e': $states.errorOutput} %}" }, End: true })),
    machine({ A: task({ Catch: [{ ...all, Assign: { a: "{% $states.errorOutput %}" } }], Next: "B" }), B: pass() }),
  ],
  [
    "misplaced-states-field",
    "the item of a Map in the states of its iteration",
    one({
      Type: "Map",
      Items: [1],
      ItemProcessor: machine({ C: pass({ Output: "{% {'i': $states.context.Map.Item.Index} %}" }) }),
      End: true,
    }),
    one({
      Type: "Map",
      Items: [1],
      ItemSelector: { i: "{% $states.context.Map.Item.Index %}" },
      ItemProcessor: machine({ C: pass({ Output: "{% {'i': $states.input.i} %}" }) }),
      End: true,
    }),
  ],
  [
    "context-read",
    "a name that reads from no context, in the body of a function too",
    one(pass({ Output: "{% {'a': $map($states.input.list, function($y) {name})} %}" })),
    one(
      pass({ Output: "{% {'a': $map($states.input.list, function($y) {$y.name}), 'b': $states.input.list[n = 1]} %}" }),
    ),
  ],
  [
    "deep-expression",
    "a chain of operators that Step Functions ends as a stack overflow",
    one(pass({ Output: `{% ${Array(101).fill("$exists($states.input)").join(" and ")} %}` })),
    one(pass({ Output: `{% ${Array(60).fill("$exists($states.input)").join(" and ")} %}` })),
  ],
  [
    "outer-assignment",
    "an assignment to an outer variable",
    machine({
      A: pass({ Assign: { x: 1 }, End: undefined, Next: "P" }),
      P: { Type: "Parallel", Branches: [machine({ C: pass({ Assign: { x: 2 } }) })], End: true },
    }),
    machine({
      A: pass({ Assign: { x: 1 }, End: undefined, Next: "P" }),
      P: { Type: "Parallel", Branches: [machine({ C: pass({ Assign: { y: "{% $x %}" } }) })], End: true },
    }),
  ],
  ["unreachable-state", "a state that nothing leads to", machine({ A: pass(), B: pass() }), one(pass())],
  [
    "duplicate-state",
    "a name twice, however deep",
    machine({ A: { Type: "Parallel", Branches: [machine({ A: pass() })], End: true } }),
    machine({ A: { Type: "Parallel", Branches: [machine({ B: pass() })], End: true } }),
  ],
  [
    "long-name",
    "a name of 81 characters",
    machine({ ["A".repeat(81)]: pass() }),
    machine({ ["A".repeat(80)]: pass() }),
  ],
  [
    "partial-expression",
    "a condition that compares what may not be comparable",
    machine({
      A: { Type: "Choice", Choices: [{ Condition: "{% $states.input.a > 3 %}", Next: "B" }], Default: "B" },
      B: pass(),
    }),
    machine({
      A: {
        Type: "Choice",
        Choices: [
          {
            Condition:
              "{% ($type($states.input.a) = $type(3) and $type($states.input.a) in ['number', 'string'] ? $states.input.a > 3 : false) %}",
            Next: "B",
          },
        ],
        Default: "B",
      },
      B: pass(),
    }),
  ],
  [
    "partial-expression",
    "an output that may be nothing",
    one(pass({ Output: "{% $states.input.a %}" })),
    one(pass({ Output: "{% $states.input.a != null ? $states.input.a : 0 %}" })),
  ],
  [
    "partial-expression",
    "a text function of what may be no text",
    one({ Type: "Fail", Cause: "{% $length($states.input.a) > 3 ? 'long' : 'short' %}" }),
    one({ Type: "Fail", Cause: "{% $length($string($states.input)) > 3 ? 'long' : 'short' %}" }),
  ],
  [
    "partial-expression",
    "a field looked up by what may be no name",
    one(pass({ Output: "{% {'a': $lookup($states.input, $states.input.a)} %}" })),
    one(pass({ Output: "{% {'a': $lookup($states.input, $string($states.input))} %}" })),
  ],
  [
    "unknown-function",
    "a function that there is not",
    machine({
      A: task({ Arguments: { Payload: "{% {'a': $eval('1')} %}" }, Catch: [all], Next: "B" }),
      B: pass(),
    }),
    machine({
      A: task({
        Arguments: { Payload: "{% {'a': ($f := $uppercase; $f('a')), 'b': $map(['b'], $trim)} %}" },
        Catch: [all],
        Next: "B",
      }),
      B: pass(),
    }),
  ],
  [
    "partial-expression",
    "what may fail in a task that catches other errors",
    machine({
      A: task({ TimeoutSeconds: "{% $states.input.t + 1 %}", Catch: [{ ...all, ErrorEquals: ["X"] }], Next: "B" }),
      B: pass(),
    }),
    machine({
      A: task({
        TimeoutSeconds: "{% $states.input.t + 1 %}",
        Catch: [{ ...all, ErrorEquals: ["States.QueryEvaluationError"] }],
        Next: "B",
      }),
      B: pass(),
    }),
  ],
  [
    "partial-expression",
    "the arguments of a task without a Catch",
    one(task({ Arguments: { Payload: "{% $states.input.a %}" }, Assign: { a: "{% $states.result.b %}" }, End: true })),
    one(
      task({ Arguments: { Payload: "{% $states.input %}" }, Assign: { a: "{% $states.result.Payload %}" }, End: true }),
    ),
  ],
  ["machine-timeout", "a timeout of the machine", machine({ A: pass() }, { TimeoutSeconds: 60 }), one(pass())],
  [
    "no-timeout",
    "a task without a timeout",
    one(task({ TimeoutSeconds: undefined, End: true })),
    one(task({ End: true })),
  ],
  [
    "misplaced-states-all",
    "States.ALL before another",
    machine({ A: task({ Catch: [all, { ErrorEquals: ["X"], Next: "B" }], Next: "B" }), B: pass() }),
    machine({ A: task({ Catch: [{ ErrorEquals: ["X"], Next: "B" }, all], Next: "B" }), B: pass() }),
  ],
];

/** Expressions of a Pass that may fail, and nearly the same ones that can't. */
const PARTIAL: readonly (readonly [title: string, bad: string, good: string])[] = [
  ["a second argument of another type", "$string($states.input, 'a')", "$string($states.input, true)"],
  ["an index that is no number", "$substring('abc', 0, $states.input.a)", "$substring('abc', 0, 2)"],
  ["a pattern that is no text", "$contains('abc', $states.input.a)", "$contains('abc', /b/)"],
  ["a pattern that matches nothing", "$contains('abc', /(b|c)*/)", "$contains('abc', /^a(b|c)*/)"],
  ["too few arguments", "$exists()", "$exists($states.input.a)"],
  ["too many arguments", "$type($states.input, 1)", "$type($states.input)"],
  ["a picture that is none", "$now('[')", "$now()"],
  ["a length of two", "$length('a', 'b')", "$length('a')"],
  ["a key that is there twice", "{'a': 1, 'a': 2}", "{'a': 1, 'b': 2}"],
  ["what a grouping holds", "$states.input{'a': 1 + 'a'}", "$states.input{'a': 1}"],
  ["a computed key of a grouping", "$states.input{$states.input.a: 1}", "$states.input.a{'k': $states.input}"],
  ["a filter within a path", "{'a': $states.input.a[$length(b) > 1].c}", "{'a': $states.input.a[b = 1].c}"],
  ["what the input as a whole may not have", "$states.input[a = 1]", "$states.input"],
  [
    "a merge of what is no object",
    "$merge([$states.input])",
    "$merge([$type($states.input) = 'object' ? $states.input : {}])",
  ],
  [
    "a guard of another context",
    "{'x': $states.input.c.($type(a) = 'string' ? $states.input.b.($length(a)) : 0)}",
    "{'x': $states.input.b.($type(a) = 'string' ? $length(a) : 0)}",
  ],
  [
    "a guard of a name that is bound anew",
    "{'x': ($a := 'a'; $map([1], function($a) {$length($a)}))}",
    "{'x': ($a := 'a'; $map([1], function($b) {$length($a)}))}",
  ],
  ["what is nothing", "$states.input.a", "$exists($states.input.a) ? $states.input.a : 1"],
  [
    "an order without a guard",
    "$states.input.x > 100 and $type($states.input.x) = 'number'",
    "$type($states.input.x) = 'number' and $states.input.x > 100",
  ],
  ["a count to be compared with a text", "$count($states.input.a) > 'a'", "$count($states.input.a) > 1"],
  ["a truth that may be absent", "$boolean($states.input.a)", "$boolean($states.input)"],
  ["an unknown hash", "$hash('a', 'CRC')", "$hash('a', 'SHA-256')"],
  [
    "a product that may outgrow a number",
    "{'x': $type($states.input.a) = 'number' ? $states.input.a * $states.input.a}",
    "{'x': ($type($states.input.a) = 'number' ? $abs($states.input.a) <= 1e150 : false) ? $states.input.a * $states.input.a}",
  ],
  [
    "a product of numbers that are larger yet",
    "{'x': ($type($states.input.a) = 'number' ? $abs($states.input.a) <= 1e200 : false) ? $states.input.a * $states.input.a}",
    "{'x': ($type($states.input.a) = 'number' ? $abs($states.input.a) <= 1e100 : false) ? $states.input.a * $states.input.a}",
  ],
  [
    "a difference of which one side may be no number",
    "{'x': ($type($states.input.a) = 'number' ? $abs($states.input.a) <= 1e150 : false) ? $states.input.a - $states.input.b}",
    "{'x': ($type($states.input.a) = 'number' ? $abs($states.input.a) <= 1e150 : false) ? (($type($states.input.b) = 'number' ? $abs($states.input.b) <= 1e150 : false) ? $states.input.a - $states.input.b)}",
  ],
  [
    "a number of any text",
    "{'x': $type($states.input.a) = 'string' ? $number($states.input.a)}",
    "{'x': $type($states.input.a) = 'string' ? ($contains($states.input.a, /^-?\\d\\d{0,14}(\\.\\d{1,15})?([Ee][-+]?\\d{1,2})?$/) ? $number($states.input.a))}",
  ],
  [
    "a sum of a list with anything in it",
    "{'x': $type($states.input.a) = 'array' ? $sum($states.input.a)}",
    "{'x': $count($filter($states.input.a, function($n) {$type($n) = 'number' ? $abs($n) <= 1e150 : false})) = $count($states.input.a) ? $sum($states.input.a)}",
  ],
  [
    "a sum of another list than the one that is looked through",
    "{'x': $count($filter($states.input.a, function($n) {$type($n) = 'number' ? $abs($n) <= 1e150 : false})) = $count($states.input.b) ? $sum($states.input.a)}",
    "{'x': $count($filter($states.input.b, function($n) {$type($n) = 'number' ? $abs($n) <= 1e150 : false})) = $count($states.input.b) ? $sum($states.input.b)}",
  ],
  ["a replacement in what is no text", "$replace($states.input, /a/, 'b')", "$replace('a', /a/, 'b')"],
];

/** What a field takes: an expression that yields something else, and one that does not. */
const TYPED: readonly (readonly [field: string, state: (expression: string) => object, bad: string, good: string])[] = [
  [
    "Condition",
    (Condition) => ({ Type: "Choice", Choices: [{ Condition, Next: "B" }], Default: "B" }),
    "$states.input",
    "$boolean($states.input)",
  ],
  ["Seconds", (Seconds) => ({ Type: "Wait", Seconds, Next: "B" }), "'1'", "1"],
  ["Timestamp", (Timestamp) => ({ Type: "Wait", Timestamp, Next: "B" }), "1", "$now()"],
  [
    "Items",
    (Items) => ({ Type: "Map", Items, ItemProcessor: machine({ C: pass() }), Next: "B" }),
    "$states.input",
    "$type($states.input) = 'array' ? $states.input : []",
  ],
];

/** What a path assigns to `$x`, and an expression of `$x` that its field takes on every path only if `good` is assigned. */
const ASSIGNED: readonly (readonly [title: string, reads: string, bad: unknown, good: unknown])[] = [
  ["a comparison", "Condition: $x", "{% $states.input.a %}", "{% $states.input.a = true %}"],
  ["a test for a value", "Condition: $x", "{% $lookup($states.input, 'a') %}", "{% $exists($states.input.a) %}"],
  ["a membership", "Condition: $x", "{% $states.input %}", "{% false in $states.input.ok %}"],
  [
    "two truths",
    "Condition: $x",
    "{% $states.input.a = 1 ? true : 'no' %}",
    "{% $states.input.a = 1 ? true : false %}",
  ],
  ["a truth, and null on the other path", "Condition: $x", null, true],
  ["a guarded truth", "Condition: $exists($x) ? $x : false", 1, true],
  ["a list of what a path holds", "Items: $x", "{% $states.input.a %}", "{% [$states.input.a] %}"],
  ["a list, and a text on the other path", "Items: $x", "none", []],
  ["an object", "Output: $merge([$x, {'b': 1}])", "{% $states.input %}", "{% {'a': $states.input.a} %}"],
  ["an object with expressions in it", "Output: $merge([$x, {'b': 1}])", [], { a: "{% $states.input %}" }],
  ["a number", "Condition: $x >= 10", "{% $string($states.input) %}", 0],
  ["a number that is added to", "Output: $x + 1", 1e200, 1],
  ["a text", "Output: $length($x)", 1, "{% 'a' & $states.input.a %}"],
];

const NUMBER = "$type($states.input.n) = 'number'";
const wait = (Seconds: string): object => ({ Type: "Wait", Seconds, Next: "B" });
const timeout = (TimeoutSeconds: string): object => task({ TimeoutSeconds, Next: "B" });
const heartbeat = (HeartbeatSeconds: string): object => task({ HeartbeatSeconds, Next: "B" });
const until = (Timestamp: string): object => ({ Type: "Wait", Timestamp, Next: "B" });

/** Numbers and times that a field refuses: an expression that may yield one, and one that does not. */
const BOUNDED: readonly (readonly [title: string, state: (expression: string) => object, bad: string, good: string])[] =
  [
    ["below nothing", wait, "-1", "0"],
    ["no whole number", wait, "1.5", "15"],
    ["above the largest", wait, "1e12", "99999999"],
    ["any number", wait, `${NUMBER} ? $states.input.n : 1`, `${NUMBER} ? 2 : 1`],
    [
      "rounded, and without bounds",
      wait,
      `${NUMBER} ? $floor($states.input.n) : 1`,
      `${NUMBER} ? ($states.input.n < 0 or $states.input.n > 60 ? 60 : $floor($states.input.n)) : 1`,
    ],
    [
      "bounded, and not whole",
      wait,
      `${NUMBER} ? ($states.input.n >= 0 and $states.input.n <= 60 ? $states.input.n : 60) : 1`,
      `${NUMBER} ? ($states.input.n >= 0 and $states.input.n <= 60 and $floor($states.input.n) = $states.input.n ? $states.input.n : 60) : 1`,
    ],
    [
      "bounded on one side",
      wait,
      `${NUMBER} ? ($states.input.n >= 0 ? $ceil($states.input.n) : 60) : 1`,
      `${NUMBER} ? (0 <= $states.input.n and 60 > $states.input.n ? $ceil($states.input.n) : 60) : 1`,
    ],
    [
      "on the wrong side of its test",
      wait,
      `${NUMBER} ? ($states.input.n < 0 or $states.input.n > 60 ? $floor($states.input.n) : 60) : 1`,
      `${NUMBER} ? ($states.input.n = 7 ? $states.input.n : 60) : 1`,
    ],
    [
      "bound to a name that another value had",
      wait,
      `($n := 5; $n > 0 ? ($n := ${NUMBER} ? $states.input.n : 1; $n) : 1)`,
      "($n := 5; $n > 0 ? ($m := $n; $m) : 1)",
    ],
    ["a count", (of) => timeout(of), "$count($states.input.items)", "$exists($states.input.items) ? 30 : 60"],
    ["a timeout of none", timeout, "$exists($states.input) ? 0 : 5", "$exists($states.input) ? 1 : 5"],
    [
      "a heartbeat as long as the timeout",
      heartbeat,
      "$exists($states.input) ? 5 : 1",
      "$exists($states.input) ? 4 : 1",
    ],
    [
      "a timeout as short as the heartbeat",
      (TimeoutSeconds) => task({ TimeoutSeconds, HeartbeatSeconds: 10, Next: "B" }),
      "$exists($states.input) ? 10 : 20",
      "$exists($states.input) ? 11 : 20",
    ],
    [
      "a heartbeat beside a timeout that may be shorter",
      (HeartbeatSeconds) =>
        task({ TimeoutSeconds: "{% $exists($states.input) ? 20 : 30 %}", HeartbeatSeconds, Next: "B" }),
      "20",
      "19",
    ],
    [
      "iterations below none",
      (MaxConcurrency) => ({
        Type: "Map",
        Items: [],
        MaxConcurrency,
        ItemProcessor: machine({ C: pass() }),
        Next: "B",
      }),
      "-1",
      "$count($states.input.items)",
    ],
    ["any text", until, "$type($states.input.at) = 'string' ? $states.input.at : $now()", "$now()"],
    ["a day that there is not", until, "'2026-02-30T00:00:00Z'", "'2028-02-29T00:00:00Z'"],
    ["a time in another form", until, "$now('[Y]')", "$fromMillis($millis())"],
    [
      "a text that has a time in it",
      until,
      "$type($states.input.at) = 'string' ? ($contains($states.input.at, /\\d{4}-\\d\\d-\\d\\dT/) ? $states.input.at : $now()) : $now()",
      `$type($states.input.at) = 'string' ? ($contains($states.input.at, /${TIMESTAMP}/) ? $states.input.at : $now()) : $now()`,
    ],
    [
      "another text than the one that was tested",
      until,
      `$type($states.input.at) = 'string' ? ($contains($states.input.at, /${TIMESTAMP}/) ? $replace($states.input.at, /T/, ' ') : $now()) : $now()`,
      `($at := $states.input.at; $type($at) = 'string' ? ($contains($at, /${TIMESTAMP}/) ? $at : $states.context.Execution.StartTime) : $now())`,
    ],
  ];

const rulesOf = (findings: readonly Finding[]) => [...new Set(findings.map(({ rule }) => rule))];

/** What is emitted for a saga, its recovery included, as JSON. */
function emitted(saga: Saga): readonly never[] {
  const arnOf = ({ name }: { name: string }) => `arn:${name}`;
  const recovery = recoveryOf(saga);
  const machines = [compile(saga, arnOf), ...(recovery ? [compileMachine(recovery.machine, arnOf)] : [])];
  return JSON.parse(JSON.stringify(machines)) as never[];
}

describe("the lints", () => {
  for (const [rule, title, bad, good] of CASES) {
    it(`find ${title} (${rule})`, () => {
      expect(rulesOf(lint(bad))).to.deep.equal([rule]);
      expect(lint(good)).to.deep.equal([]);
    });
  }

  for (const [title, bad, good] of PARTIAL) {
    it(`find ${title} (partial-expression)`, () => {
      expect(rulesOf(lint(one(pass({ Output: `{% ${bad} %}` })))), bad).to.deep.equal(["partial-expression"]);
      expect(lint(one(pass({ Output: `{% ${good} %}` }))), good).to.deep.equal([]);
    });
  }

  for (const [field, state, bad, good] of TYPED) {
    it(`find that ${field} may get what it does not take (partial-expression)`, () => {
      const with_ = (source: string) => lint(machine({ A: state(`{% ${source} %}`), B: pass() }));
      expect(rulesOf(with_(bad)), bad).to.deep.equal(["partial-expression"]);
      expect(with_(good), good).to.deep.equal([]);
    });
  }

  for (const [title, reads, bad, good] of ASSIGNED) {
    const [field, source] = reads.split(/: (.*)/) as [string, string];
    it(`know the type of a variable that is assigned ${title} (partial-expression)`, () => {
      const expression = `{% ${source} %}`;
      const reader = {
        Condition: { Type: "Choice", Choices: [{ Condition: expression, Next: "End" }], Default: "End" },
        Items: { Type: "Map", Items: expression, ItemProcessor: machine({ C: pass() }), Next: "End" },
        Output: { Type: "Pass", Output: expression, Next: "End" },
      }[field];
      const assigning = (x: unknown) =>
        lint(
          machine({
            A: { Type: "Choice", Choices: [{ Condition: "{% true %}", Assign: { x }, Next: "B" }], Default: "D" },
            D: pass({ Assign: { x: good }, End: undefined, Next: "B" }),
            B: reader,
            End: pass(),
          }),
        );
      expect(rulesOf(assigning(bad))).to.deep.equal(["partial-expression"]);
      expect(assigning(good)).to.deep.equal([]);
    });
  }

  it("know the type of an outer variable in a branch, of one that is copied, and of a counter (partial-expression)", () => {
    const around = (first: object, changed: object) =>
      lint(
        machine({
          A: pass({ Assign: first, End: undefined, Next: "B" }),
          B: pass({ Assign: { ...changed, yes: "{% $sure %}" }, End: undefined, Next: "P" }),
          P: { Type: "Parallel", Branches: [machine({ C: choice("$yes and $n >= 10 or $yes") })], Next: "If" },
          If: { Type: "Choice", Choices: [{ Condition: "{% $n < 3 and $yes %}", Next: "B" }], Default: "End" },
          End: pass(),
        }),
      );
    const choice = (test: string) => ({ Type: "Pass", Output: `{% (${test}) ? 1 : 2 %}`, End: true });
    expect(around({ n: 0, sure: true }, { n: "{% $n + 1 %}" })).to.deep.equal([]);
    expect(rulesOf(around({ n: 0, sure: true }, { n: "{% $n & '1' %}" }))).to.deep.equal(["partial-expression"]);
    expect(rulesOf(around({ n: 0, sure: true }, { n: "{% $n * 2 %}" }))).to.deep.equal(["partial-expression"]);
  });

  it("say how to assign a variable that a path does not assign", () => {
    const hints = (States: object): readonly string[] => lint(machine(States)).map(({ hint }) => hint);
    const assigns = { Assign: { x: "{% $states.result.Payload %}" } };
    expect(
      hints({ A: task({ ...assigns, Output: { x: "{% $x %}" }, Catch: [all], Next: "B" }), B: pass() }),
    ).to.deep.equal([
      "Write {% $states.result.Payload %} here too: Assign takes effect after the state, so this Output can't read it",
    ]);
    const caught = { ...all, Assign: { x: 1, y: "{% $x %}" } };
    expect(hints({ A: task({ Catch: [caught], Next: "B" }), B: pass() })).to.deep.equal([
      "Write the value here too: Assign takes effect after the state, so this Assign can't read it",
    ]);
    const ends = (B: object) => hints({ A: task({ ...assigns, Catch: [all], Next: "B" }), B });
    expect(ends(pass({ Output: { x: "{% $x %}" } }))).to.deep.equal([
      "Assign it on every path that leads here, if only to null",
    ]);
    expect(ends({ Type: "Fail", Error: "SagaCompensated", Cause: "{% $string($x) %}" })).to.include(
      "Assign it on every path that leads here: { saga, step, error, cause } of the failure",
    );
  });

  for (const [title, state, bad, good] of BOUNDED) {
    it(`find a number or a time that a field refuses: ${title} (partial-expression)`, () => {
      const with_ = (source: string) => lint(machine({ A: state(`{% ${source} %}`), B: pass() }));
      expect(rulesOf(with_(bad)), bad).to.deep.equal(["partial-expression"]);
      expect(with_(good), good).to.deep.equal([]);
    });
  }

  it("leave a number that a field refuses to the Catch of its task", () => {
    const A = task({ TimeoutSeconds: "{% -1 %}", Catch: [all], Next: "B" });
    expect(lint(machine({ A, B: pass() }))).to.deep.equal([]);
  });

  it("find what a grouping reads (undefined-variable)", () => {
    expect(rulesOf(lint(one(pass({ Output: "{% $states.input{'a': $x} %}" }))))).to.deep.equal(["undefined-variable"]);
  });

  it("take a TimeoutSecondsPath for a timeout, and read an Iterator", () => {
    const iterator = {
      StartAt: "C",
      States: { C: task({ TimeoutSeconds: undefined, TimeoutSecondsPath: "$.t", End: true }) },
    };
    const items = (Iterator: object) =>
      lint({ StartAt: "A", States: { A: { Type: "Map", Iterator, End: true } } } as never);
    expect(items(iterator)).to.deep.equal([]);
    const forever = { StartAt: "C", States: { C: task({ TimeoutSeconds: undefined, End: true }) } };
    expect(rulesOf(items(forever))).to.deep.equal(["no-timeout"]);
  });

  it("find nothing in a saga that starts another, nor in that", () => {
    const inner = saga<{ sku: string }>("Inner")
      .step("Reserve", {
        task: stub<{ sku: string }, { id: string }>("reserve"),
        input: ({ input }) => input,
        undo: { name: "Release", task: stub<{ sku: string }, object>("release"), input: ({ input }) => input },
      })
      .returns(({ Reserve }) => ({ id: Reserve.id }));
    const outer = saga<{ sku: string }>("Outer")
      .child("Inner", inner, ({ input }) => input)
      .pivot("Charge", {
        task: stub<{ id: string }, { paid: boolean }>("charge"),
        input: ({ Inner }) => ({ id: Inner.id }),
        undo: {
          name: "Refund",
          task: stub<{ id: string }, object>("refund"),
          input: ({ Inner }) => ({ id: Inner.id }),
        },
      })
      .step("Tell", { task: stub<{ paid: boolean }, object>("tell"), input: ({ Charge }) => ({ paid: Charge.paid }) })
      .returns(({ Charge }) => Charge);
    const machines = machinesOf(outer).filter(({ purpose }) => purpose === "child");
    const children = JSON.parse(JSON.stringify(machines.map((of) => compileMachine(of, () => "arn:x")))) as never[];
    for (const machine of [...emitted(outer), ...children]) expect(lint(machine)).to.deep.equal([]);
  });

  for (const saga of [orderFulfilment, tripBooking]) {
    it(`find nothing in ${saga.name}`, () => {
      expect(emitted(saga)).to.have.length(2);
      for (const machine of emitted(saga)) {
        expect(lint(machine)).to.deep.equal([]);
        expect(validate(machine).errorsText("\n")).to.equal("");
      }
    });
  }

  for (const [cases, mark] of sizes(150)) {
    it(`find nothing in generated sagas of every shape (${cases} cases)${mark}`, function () {
      this.timeout(240_000);
      fc.assert(
        fc.property(scenario, ({ nodes }) => {
          for (const machine of emitted(build(nodes).saga)) expect(lint(machine)).to.deep.equal([]);
        }),
        { numRuns: cases },
      );
    });
  }

  for (const [cases, mark] of sizes(30)) {
    it(`come beside asl-validator, which finds nothing either (${cases} cases)${mark}`, function () {
      this.timeout(240_000);
      fc.assert(
        fc.property(scenario, ({ nodes }) => {
          for (const machine of emitted(build(nodes).saga)) expect(validate(machine).errorsText("\n")).to.equal("");
        }),
        { numRuns: cases },
      );
    });
  }
});
