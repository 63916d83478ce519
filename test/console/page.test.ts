import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readHistory } from "../../saga/control/history";
import { storyOf } from "../../saga/control/story";
import { afterRedrive } from "../../saga/console/page/after-redrive";
import { duration } from "../../saga/console/page/format";
import { checkJson } from "../../saga/console/page/json-text";
import { timescaleOf } from "../../saga/console/page/timescale";
import { graphOf } from "../../saga/graph/model";
import { type RawStates, verify } from "../../saga/verify";

describe("the page's editor", () => {
  for (const [text, line, column, message] of [
    ["", 1, 1, /input is empty/],
    ["  \n ", 1, 1, /input is empty/],
    ['{"a": 1,}', 1, 9, /^Remove the comma/],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, /comma or a closing brace, got "/],
    ["{a: 1}", 1, 2, /key in double quotes, got a/],
    ["{'a': 1}", 1, 2, /got a single quote/],
    ['{"a" 1}', 1, 6, /colon after the key "a"/],
    ['{"a": yes}', 1, 7, /value of "a", got yes: write a string in double quotes/],
    ['{"a": 1, "a": 2}', 1, 10, /^Duplicate key "a"$/],
    ['["x]', 1, 2, /no closing quote/],
    ['["\\x"]', 1, 3, /^Unknown escape/],
    ["[1, 2", 1, 6, /but the text ends/],
    ["[1,]", 1, 4, /^Remove the comma/],
    ["01", 1, 1, /not a number in JSON/],
    ["-", 1, 1, /digit/],
    ["1e999", 1, 1, /too large/],
    ["1 2", 1, 3, /^Unexpected text/],
    ["12345678901234567890", 1, 1, /would lose some/],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}, and says where`, () => {
      const { problem } = checkJson(text);
      expect(problem?.message).to.match(message);
      expect([problem?.line, problem?.column]).to.deep.equal([line, column]);
    });
  }

  it("reads the same values as JSON.parse, also a key named __proto__", () => {
    for (const text of [
      '{"a":[1,-2.5e3,true,false,null,"\\u00e9\\n"],"b":{}}',
      " [ ] ",
      '"x"',
      "0",
      '{"__proto__":1}',
    ]) {
      expect(checkJson(text)).to.deep.equal({ value: JSON.parse(text) as unknown });
    }
  });

  it("accepts all that JSON.parse accepts, but numbers that would lose digits and duplicate keys", () => {
    const made = (depth: number, seed: number): unknown => {
      const kinds = [seed / 7, `"\\${seed}"`, seed % 2 === 0, null];
      if (depth === 0) return kinds[seed % 4];
      const inner = [made(depth - 1, seed + 1), made(depth - 1, seed + 2)];
      return seed % 2 === 0 ? inner : { [`k${seed}`]: inner[0], "": inner[1] };
    };
    for (let seed = 0; seed < 40; seed++) {
      const value = made(4, seed);
      for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2)]) {
        expect(checkJson(text)).to.deep.equal({ value });
      }
    }
  });
});

describe("the page's timeline", () => {
  it("draws two days of waiting short, so that milliseconds are visible", () => {
    const { stretches, place } = timescaleOf([0, 100, 172_800_100, 172_800_200], [{ from: 0, to: 100 }]);
    expect(stretches.map(({ from, to, idle }) => [from, to, idle])).to.deep.equal([
      [0, 100, false],
      [100, 172_800_100, true],
      [172_800_100, 172_800_200, false],
    ]);
    expect(place(50)).to.be.closeTo(0.2375, 1e-9);
    expect(place(172_800_200)).to.equal(1);
  });

  it("draws a call of any length in full", () => {
    expect(
      timescaleOf([0, 100, 60_100, 60_200], [{ from: 100, to: 60_100 }]).stretches.map(({ idle }) => idle),
    ).to.deep.equal([false]);
  });

  it("gives pauses at most half of the scale", () => {
    const times = Array.from({ length: 200 }, (_, at) => Math.floor(at / 2) * 3_600_000 + (at % 2) * 1000);
    const { stretches } = timescaleOf(times, []);
    const idle = stretches.filter((each) => each.idle).reduce((sum, { start, end }) => sum + end - start, 0);
    expect(idle).to.be.closeTo(0.5, 1e-9);
    expect(stretches.at(-1)?.end).to.be.closeTo(1, 1e-9);
  });

  it("works for a single event, and for none", () => {
    expect(timescaleOf([5], []).place(5)).to.equal(0);
    expect(timescaleOf([], []).place(5)).to.be.within(0, 1);
  });
});

describe("the page's durations", () => {
  it("have two units at most", () => {
    expect([0, 412, 999.6, 3240, 59_960, 125_000, 3_600_000, 183_600_000].map(duration)).to.deep.equal([
      "0 ms",
      "412 ms",
      "1.0 s",
      "3.2 s",
      "1 min",
      "2 min 5 s",
      "1 h",
      "2 d 3 h",
    ]);
  });
});

describe("what a redrive would do", () => {
  const task = (next: object) => ({ Type: "Task", Resource: "arn:aws:states:::lambda:invoke", Arguments: {}, ...next });
  const definition = {
    QueryLanguage: "JSONata",
    StartAt: "Both",
    States: {
      Both: {
        Type: "Parallel",
        Branches: [
          { StartAt: "One", States: { One: task({ Next: "Two" }), Two: task({ End: true }) } },
          { StartAt: "Other", States: { Other: task({ End: true }) } },
        ],
        Next: "Which",
      },
      Which: { Type: "Choice", Choices: [{ Condition: "{% true %}", Next: "Last" }], Default: "Else" },
      Last: task({ End: true }),
      Else: task({ End: true }),
    },
  } as unknown as RawStates;

  it("runs the stopped state again, and then the following ones, some of them depending on a choice", () => {
    const entered = (id: number, type: string, name: string, previousEventId: number) => ({
      id,
      previousEventId,
      timestamp: id,
      type: `${type}StateEntered`,
      stateEnteredEventDetails: { name, input: "{}" },
    });
    const called = (id: number, type: string, previousEventId: number, details: object = {}) => ({
      id,
      previousEventId,
      timestamp: id,
      type,
      [`${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`]: {
        resourceType: "lambda",
        resource: "invoke",
        ...details,
      },
    });
    const events = readHistory({
      events: [
        { id: 1, timestamp: 1, type: "ExecutionStarted", executionStartedEventDetails: { input: "{}" } },
        entered(2, "Parallel", "Both", 0),
        { id: 3, previousEventId: 2, timestamp: 3, type: "ParallelStateStarted" },
        entered(4, "Task", "One", 3),
        called(5, "TaskScheduled", 4, { parameters: "{}" }),
        called(6, "TaskFailed", 5, { error: "Boom" }),
        { id: 7, previousEventId: 6, timestamp: 7, type: "ParallelStateFailed" },
        {
          id: 8,
          previousEventId: 7,
          timestamp: 8,
          type: "ExecutionFailed",
          executionFailedEventDetails: { error: "Boom" },
        },
      ],
    });
    const ahead = afterRedrive(storyOf({ events, definition }), graphOf("X", definition, undefined));
    expect(ahead.map(({ node, again, perhaps }) => [node.label, again, perhaps])).to.deep.equal([
      ["One", true, false],
      ["Two", false, false],
      ["Which", false, false],
      ["Last", false, true],
      ["completed", false, true],
      ["Else", false, true],
    ]);
  });
});

describe("the tutorial's machine on the page", () => {
  const read = (path: string): unknown => JSON.parse(readFileSync(join(__dirname, "../..", path), "utf8"));

  it("is the reference that the README verifies, with the verifier's current findings", () => {
    const [definition, declaration] = ["asl", "saga"].map((kind) =>
      read(`test/verify/fixtures/reference.${kind}.json`),
    );
    const shown = read("saga/console/page/reference.json") as { readonly verdict: object };
    const verdict = JSON.parse(JSON.stringify(verify(definition as never, declaration as never))) as object;
    expect(shown).to.deep.equal({ definition, declaration, verdict });
  });

  it("leaves a payment behind in its counterexample", () => {
    const { verdict } = read("saga/console/page/reference.json") as { verdict: ReturnType<typeof verify> };
    const lost = verdict.violations.filter(({ path }) =>
      path.some(({ effects }) =>
        effects.some(({ instance, becomes }) => instance === "ProcessPayment" && becomes === "done"),
      ),
    );
    expect(lost.map(({ state }) => state)).to.deep.equal(["ProcessShipment"]);
  });
});

describe("the pictures of the console", () => {
  it("are all shown on pages", () => {
    const docs = join(__dirname, "../../docs");
    const pages = ["../README.md", ...readdirSync(docs).filter((name) => name.endsWith(".md"))];
    const shown = pages.flatMap((page) => [
      ...readFileSync(join(docs, page), "utf8").matchAll(/images\/(console-[\w-]+\.png)/g),
    ]);
    const taken = readdirSync(join(docs, "images")).filter((name) => name.endsWith(".png"));
    expect([...new Set(shown.map(([, name]) => name))].sort()).to.deep.equal(taken.sort());
  });
});
