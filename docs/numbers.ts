import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CALL_SECONDS, PRICES } from "../bench/price/prices";
import { figure, type Part, readResults, type Results, type Row, tables } from "../bench/last-run";
import { round } from "../bench/statistics";

/** The marks around the README's figures. */
const [BEGIN, END] = ["<!-- numbers -->", "<!-- /numbers -->"];

/** The README, with the figures of the last runs. */
export function readmePage(results = readResults()): string {
  const text = readFileSync(join(__dirname, "../README.md"), "utf8");
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`README.md has no ${BEGIN} before a ${END}`);
  return `${text.slice(0, from)}${BEGIN}\n\n${numbersBlock(results)}\n\n${text.slice(to)}`;
}

/** The README's figures. It leaves out peers that the last run did not measure. */
export function numbersBlock(results: Results): string {
  const of = (part: string, name: string, column: string): string => said(figure(results, part, name, column));
  const component = (column: string): string =>
    dollars(figure(results, "price", "component, alarms essential", column));
  const beside = (part: string, column: string, names: Readonly<Record<string, string>>): string =>
    Object.entries(names)
      .filter(([name]) => results[part]?.rows.some((row) => row.name === name))
      .map(([name, words]) => `${of(part, name, column)} ${words}`)
      .join(", ");
  const rows: readonly (readonly [what: string, here: string, beside: string, part: string])[] = [
    [
      "Evaluate the order program",
      `${of("evaluation", "this", "processor ms")} ms, ${of("evaluation", "this", "memory MiB")} MiB`,
      beside("evaluation", "this ÷ it", {
        CDK: "× CDK",
        "CDK without its validation": "× CDK unvalidated",
        "bare Pulumi": "× bare Pulumi",
      }),
      "evaluation",
    ],
    [
      "Compile and verify 100 and 1,000 steps",
      ["100 steps", "1000 steps"]
        .map((name) =>
          said(figure(results, "growth", name, "compile ms") + figure(results, "growth", name, "verify ms")),
        )
        .join(" ms, ")
        .concat(" ms"),
      "",
      "growth",
    ],
    [
      "Check the types of 100 and 1,000 steps",
      ["100 steps", "1000 steps"]
        .map((name) => `${said(figure(results, "growth", name, "type-check ms"))} ms`)
        .join(", "),
      "",
      "growth",
    ],
    [
      "Interpret an order",
      `${of("interpreter", "this, completes", "processor ms")} ms`,
      beside("interpreter", "this ÷ it", { "aws-local-stepfunctions, completes": "× aws-local-stepfunctions" }),
      "interpreter",
    ],
    [
      "1,000 completed orders on AWS",
      dollars(figure(results, "price", "this, completed", "$ of 1,000")),
      Object.entries({ reference: "a serverless tutorial", CDK: "CDK" })
        .filter(([name]) => results["price"]?.rows.some((row) => row.name === `${name}, completed`))
        .map(([name, who]) => `${who} ${dollars(figure(results, "price", `${name}, completed`, "$ of 1,000"))}`)
        .join(", "),
      "price",
    ],
    [
      "An idle component, a month",
      `${component("all, $ a month")}, of which alarms ${component("alarms, $ a month")}`,
      "",
      "price",
    ],
    ...localRows(results),
  ];
  const parts = [...new Set(rows.map(([, , , part]) => part))].map((part) => results[part] as Part);
  const made = [...new Set(parts.map(({ machine, date }) => `${machine}, ${date}`))].join("; ");
  return [
    `On ${made}. Times are processor times. 0.5 × CDK means half of CDK's figure. [All figures](docs/numbers.md).`,
    "",
    "| what | this project | compared with others | `npm run …` |",
    "| --- | --- | --- | --- |",
    ...rows.map(
      ([what, here, others, part]) =>
        `| ${what} | ${here} | ${others} | \`${(results[part] as Part).command.replace(/^npm run /, "")}\` |`,
    ),
  ].join("\n");
}

/** The figures of the laptop cloud, if the last run measured them. */
function localRows(results: Results): readonly (readonly [string, string, string, string])[] {
  const name = "this, functions, succeeds, 50 at once";
  const row = results["local"]?.rows.find((each) => each.name === name);
  if (!row) return [];
  const others = ["DBOS", "Restate"].flatMap((peer) => {
    const times = row.figures[`times ${peer}`];
    return times === undefined ? [] : [`${said(times)} × ${peer}`];
  });
  const rate = said(figure(results, "local", name, "sagas/s"));
  return [["Orders a second, laptop cloud", rate, others.join(", "), "local"]];
}

const said = (value: number): string => round(value).toLocaleString("en", { maximumFractionDigits: 6 });

/** To the cent, or below a dollar to a tenth of a cent. */
const dollars = (value: number): string => `$${value.toFixed(value < 1 ? 3 : 2)}`;

interface Section {
  readonly title: string;
  readonly text: readonly string[];
}

const SECTIONS: Readonly<Record<string, Section>> = {
  evaluation: {
    title: "Evaluation of the order program",
    text: [
      "Each program runs in a process of its own, without an account, and uploads nothing. `this ÷ it` compares processor times: it is the",
      "median of the ratios of this project to the row's program in the same round. Below 1, this project needs less. Unless the row says",
      "otherwise, the other programs are plain JavaScript with prebuilt functions. This program is TypeScript, and its functions are",
      "serialised.",
      "",
      "- **bare Pulumi** registers the same resources with the same inputs, written by hand, without this package.",
      "- **CDK** has a table, six functions, their logs, the state machine and three alarms. Its synthesis validates the template",
      "  unless `CDK_VALIDATION=false`. The time of the CDK's command line is not included.",
      "- **osls** packages the tutorial's state machine with six functions and a table.",
    ],
  },
  growth: {
    title: "Growth with the steps of a saga",
    text: [
      "![Milliseconds to compile, verify and type-check a saga, by its steps](images/growth.svg)",
      "",
      "Three steps in ten have undos. A pivot and the other steps follow. For the type checker, all steps have undos. In the largest row of",
      "each kind, the definition has 1 MB, which is AWS's limit. So 10,000 steps do not fit. All times are processor times.",
    ],
  },
  interpreter: {
    title: "The interpreter on stand-ins",
    text: [
      "Fifty executions of the order saga run at the same time, with stand-ins that answer immediately. This interpreter runs the",
      "compiled definition, with JSONata, retries, timeouts, and the history that Step Functions keeps. aws-local-stepfunctions runs a",
      "serverless tutorial's definition in JSONPath, without any of these.",
    ],
  },
  local: {
    title: "The laptop cloud beside DBOS and Restate",
    text: [
      "The same order saga is written for each system. `times DBOS` is this project's sagas per second divided by those of DBOS: above 1,",
      "this project is faster.",
    ],
  },
  price: {
    title: "What an order costs on AWS",
    text: [
      `The prices are those of us-east-1, without free tiers: $${PRICES.transition * 1000} for 1,000 transitions,`,
      `$${PRICES.lambdaRequest * 1e6} for a million calls of Lambda, $${PRICES.lambdaGbSecond.arm64} a GB-second on arm64 and`,
      `$${PRICES.lambdaGbSecond.x86_64} on x86_64, $${PRICES.writeUnit * 1e6} for a million writes on demand, $${PRICES.alarmMetricMonth} a month`,
      `for each metric of an alarm, $${PRICES.customMetricMonth} for a custom metric, $${PRICES.dashboardMonth} for a dashboard. In each project,`,
      `a call lasts ${CALL_SECONDS * 1000} ms. The reference is the state machine of a serverless tutorial,`,
      "`test/verify/fixtures/reference.asl.json`.",
    ],
  },
};

/** `docs/numbers.md`: all figures of the last runs. */
export function numbersPage(results = readResults()): string {
  const sections = Object.entries(SECTIONS).flatMap(([name, { title, text }]) => {
    const part = results[name];
    return part ? [`## ${title}`, "", ...text, "", ...tableOf(part), ""] : [];
  });
  return [
    "# Numbers",
    "",
    "<!-- Made from bench/results.json by `npm run docs`. -->",
    "",
    "`npm run bench` measures all of these figures and writes them to `bench/results.json`. This page and the README are made from that",
    "file. The command below each table measures only that table. `npm run bench` installs exact versions of the other projects in the",
    "system's temporary folder.",
    "",
    ...sections,
  ].join("\n");
}

function tableOf({ rows, machine, date, command, seconds, peers = {}, leftOut = {} }: Part): readonly string[] {
  const versions = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
  return [
    ...tables(rows).flatMap((some) => [...gridOf(some), ""]),
    `\`${command}\`: ${said(seconds)} s on ${machine}, ${date}${versions.length > 0 ? `, with ${versions.join(", ")}` : ""}.`,
    ...Object.entries(leftOut).map(([peer, why]) => `${peer} was left out: ${why}.`),
  ];
}

function gridOf(rows: readonly Row[]): readonly string[] {
  const columns = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))].filter((name) => name !== "steps");
  return [
    `| | ${columns.join(" | ")} |`,
    `| --- | ${columns.map(() => "---:").join(" | ")} |`,
    ...rows.map(({ name, figures }) => {
      const values = columns.map((column) => (figures[column] === undefined ? "" : said(figures[column])));
      return `| ${[name, ...values].join(" | ")} |`;
    }),
  ];
}
