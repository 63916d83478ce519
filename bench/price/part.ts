/**
 * The price of an order on AWS by its outcome, with this project's definition, the reference's and the CDK program's. It is
 * computed from the number of states, calls and writes. No time is measured. A further table has the price of the order
 * program's component while nothing runs.
 */
import { rmSync } from "node:fs";
import { evaluateProgram, type Program } from "../../saga/local/program";
import { cdkFolder, synthesise } from "../evaluation/cdk-folder";
import { ROOT } from "../evaluation/program-folder";
import { installAll, packagesOf } from "../peers";
import type { Measured, Row } from "../last-run";
import { cdks, type Definition, type Execution, ORDERS, type Order, ours, reference } from "./executions";
import { CALL_SECONDS, PRICES } from "./prices";

export async function price(): Promise<Measured> {
  const { there, leftOut } = await installAll(["CDK"]);
  const cdk = there.has("CDK");
  const program = await evaluateProgram({}, ROOT);
  const rows: Row[] = [];
  for (const definition of [ours(memoryOf(program)), reference(), ...(cdk ? [cdks()] : [])]) {
    for (const order of ORDERS) rows.push(rowOf(definition, order, await definition.run(order)));
  }
  for (const alarms of ["none", "essential", "all"]) {
    rows.push(componentRow(`component, alarms ${alarms}`, await evaluateProgram({ alarms }, ROOT)));
  }
  if (cdk) rows.push(stackRow());
  return { rows, peers: cdk ? packagesOf("CDK") : {}, leftOut };
}

function rowOf({ name, memory, architecture }: Definition, order: Order, executed: Execution): Row {
  const { transitions, calls, writes } = executed;
  const gbSeconds = calls * memory * CALL_SECONDS;
  const dollars =
    transitions * PRICES.transition +
    calls * PRICES.lambdaRequest +
    gbSeconds * PRICES.lambdaGbSecond[architecture] +
    writes * PRICES.writeUnit;
  return {
    name: `${name}, ${outcomeOf(order)}`,
    figures: {
      transitions,
      calls,
      "GB-s of 1,000": gbSeconds * 1000,
      "write units": writes,
      "$ of 1,000": dollars * 1000,
    },
  };
}

const outcomeOf = ({ path, outcome }: Order): string =>
  outcome === "completed" ? outcome : `${outcome} at step ${path.length / 2}`;

/** The memory of the tasks' functions, in GB. All have the same. */
function memoryOf({ resources }: Program): number {
  const sizes = new Set(
    resources.flatMap(({ type, inputs }) =>
      type === "aws:lambda/function:Function" ? [Number(inputs["memorySize"])] : [],
    ),
  );
  if (sizes.size !== 1) throw new Error(`the functions have ${[...sizes].join(", ")} MB: one figure was expected`);
  return ([...sizes][0] as number) / 1024;
}

interface AlarmInputs {
  readonly metricQueries?: readonly { readonly metric?: unknown }[];
}

/** The price of a month without executions. Only the sweep runs, every five minutes. */
function componentRow(name: string, { resources }: Program): Row {
  const inputsOf = (wanted: string): readonly Readonly<Record<string, unknown>>[] =>
    resources.flatMap(({ type, inputs }) => (type === wanted ? [inputs] : []));
  const alarms = inputsOf("aws:cloudwatch/metricAlarm:MetricAlarm") as readonly AlarmInputs[];
  // An alarm on a metric math expression is billed for each metric in it.
  const metrics = alarms.flatMap(({ metricQueries = [{ metric: true }] }) =>
    metricQueries.filter(({ metric }) => metric),
  );
  const watching = metrics.length * PRICES.alarmMetricMonth;
  const looks = inputsOf("aws:cloudwatch/eventRule:EventRule").filter(
    ({ scheduleExpression }) => scheduleExpression === "rate(5 minutes)",
  );
  const hours = 730;
  const calls = looks.length * hours * 12;
  const gbSeconds = calls * memoryOf({ resources, outputs: {} }) * CALL_SECONDS;
  const dollars =
    watching +
    inputsOf("aws:cloudwatch/dashboard:Dashboard").length * PRICES.dashboardMonth +
    // Each sweep puts the age of the oldest execution. The other metrics exist only if an execution ends badly.
    looks.length * PRICES.customMetricMonth +
    calls * PRICES.lambdaRequest +
    gbSeconds * PRICES.lambdaGbSecond.arm64;
  return {
    name,
    figures: {
      resources: resources.filter(({ physicalName }) => physicalName !== undefined).length,
      alarms: alarms.length,
      "alarms, $ a month": watching,
      "all, $ a month": dollars,
    },
  };
}

/** The CDK program's stack has three alarms on one metric each, and nothing else with a price while nothing runs. */
function stackRow(): Row {
  const folder = cdkFolder();
  try {
    const resources = Object.values(synthesise(folder).Resources);
    const alarms = resources.filter(({ Type }) => Type === "AWS::CloudWatch::Alarm").length;
    const watching = alarms * PRICES.alarmMetricMonth;
    const figures = { resources: resources.length, alarms, "alarms, $ a month": watching, "all, $ a month": watching };
    return { name: "CDK's stack", figures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
