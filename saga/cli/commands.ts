import { readFileSync } from "node:fs";
import { join } from "node:path";
import { definitionOf, LocalCloud, mainMachine } from "../local/cloud";
import { pipedInput } from "./input";
import type { Json } from "../interpreter";
import { InvocationError } from "../local/lambda/errors";
import { printError, printExecution, printVerdict } from "./print";
import { evaluateProgram, type Program } from "../local/program";
import type { ExecutionReport, Outcome } from "../local/report";
import { UsageError } from "./usage-error";

const EXIT: Readonly<Record<Outcome, number>> = { completed: 0, compensated: 3, stuck: 4 };

interface Example {
  readonly title: string;
  readonly input: Json;
  readonly path: readonly string[];
  readonly outcome: Outcome;
}

/** The order that is piped in; else the example orders, and whether each comes out as documented. */
export async function orders({ json }: { json: boolean }): Promise<number> {
  const program = evaluateProgram();
  const piped = await pipedInput(program);
  if (piped !== undefined) return withCloud((cloud) => execute(cloud, piped, json), { program });
  return withCloud(
    async (cloud) => {
      const examples = JSON.parse(readFileSync(join(__dirname, "../../examples/orders.json"), "utf8")) as Example[];
      const reports: ExecutionReport[] = [];
      let asDocumented = 0;
      for (const { title, input, path, outcome } of examples) {
        const { report, visits } = await cloud.execute(input);
        reports.push(report);
        const same = report.outcome === outcome && JSON.stringify(report.path) === JSON.stringify(path);
        if (same) asDocumented++;
        if (!json) printExecution({ title, report, visits, ...(!same && { documented: { outcome, path } }) });
      }
      if (json) printJson(reports);
      else printVerdict(asDocumented, examples.length);
      return asDocumented === examples.length ? 0 : 1;
    },
    { program },
  );
}

/** One order. */
export function run(input: Json, { json }: { json: boolean }): Promise<number> {
  return withCloud((cloud) => execute(cloud, input, json));
}

async function execute(cloud: LocalCloud, input: Json, json: boolean): Promise<number> {
  const { report, visits } = await cloud.execute(input);
  if (json) printJson([report]);
  else printExecution({ report, visits });
  return EXIT[report.outcome];
}

/** The definition that is deployed. */
export async function definition(): Promise<number> {
  printJson(definitionOf(mainMachine(await evaluateProgram())));
  return 0;
}

/** One function alone. */
export function invoke(name: string, payload: Json): Promise<number> {
  return withCloud(
    async (cloud) => {
      const run = cloud.functions.get(name);
      if (!run)
        throw new UsageError(`no function '${name}'; there are ${[...cloud.functions.keys()].sort().join(", ")}`);
      try {
        printJson((await run.invoke(identified(payload, name))).payload);
        return 0;
      } catch (error) {
        if (!(error instanceof InvocationError)) throw error;
        printError(error.message);
        return 1;
      }
    },
    { onLog: (line) => process.stderr.write(`${line}\n`) },
  );
}

/** A function wants to know whose call it is; by hand, that need not be said. */
function identified(payload: Json, name: string): Json {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return payload;
  return { saga: { id: "by-hand", step: name }, ...payload };
}

async function withCloud(
  use: (cloud: LocalCloud) => Promise<number>,
  { program = evaluateProgram(), onLog }: { program?: Promise<Program>; onLog?: (line: string) => void } = {},
): Promise<number> {
  const cloud = await LocalCloud.start(await program, onLog);
  try {
    return await use(cloud);
  } finally {
    await cloud.close();
  }
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
