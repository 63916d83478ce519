import { parseArgs } from "node:util";
import { definition, invoke, orders, run } from "./commands";
import { UsageError } from "./usage-error";

const HELP = `Runs the deployed form of this Pulumi program on this machine.

  npm start                       the four example orders, and what becomes of each
  npm start -- '{"order_id":…}'   one order: JSON, @file.json, or - for standard input
  npm start -- --json             prints one JSON array and nothing else

  npm run --silent saga -- definition
                                  prints the state machine's definition
  npm run --silent saga -- invoke createOrder -d '{"order_id":"1","total":100}'
                                  runs one function alone, on an empty table;
                                  -d takes JSON, @file.json, or - for standard input

Exit codes: 0 completed, 1 failed, 2 bad usage, 3 compensated, 4 stuck.
`;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const [command, ...rest] = positionals;
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const most = (count: number): void => {
    const extra = rest[count];
    if (extra !== undefined)
      throw new UsageError(`'${command}' does not take a further argument: ${JSON.stringify(extra)}`);
  };
  if (values.data !== undefined && command !== "invoke") throw new UsageError("-d goes with 'invoke'");
  if (values.json && command !== "run") throw new UsageError("--json goes with 'run'");
  switch (command) {
    case "run":
      most(1);
      return rest[0] === undefined ? orders({ json: values.json }) : run(rest[0], { json: values.json });
    case "definition":
      most(0);
      return definition();
    case "invoke":
      most(1);
      return invoke(rest[0], values.data);
    default:
      throw new UsageError(command === undefined ? "no command" : `no command '${command}'`);
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        data: { type: "string", short: "d" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const usage = error instanceof UsageError;
    const hint = usage ? "; see npm start -- --help" : "";
    process.stderr.write(`${usage ? "" : `${(error as Error).name}: `}${(error as Error).message}${hint}\n`);
    process.exitCode = usage ? 2 : 1;
  },
);
