import { relative } from "node:path";
import { parseArgs } from "node:util";
import { readJson } from "./input";
import { printError } from "./print";
import { UsageError } from "./usage-error";

/** What runs a command takes seconds to load: a command line that can't be followed is refused before that. */
const commands = () => import("./commands");

const HELP = `Runs the deployed form of this Pulumi program on this machine.

  npm start                     the four example orders, and what becomes of each
  npm start -- '{"order_id":…}' one order: JSON, @file.json, or - for standard
                                input
  npm start --silent -- --json  prints one JSON array and nothing else

  npm run --silent saga -- definition
                                prints the state machine's definition
  npm run --silent saga -- invoke createOrder -d '{"order_id":"1","total":100}'
                                runs one function alone, on an empty table;
                                -d takes JSON, @file.json, or - for standard
                                input
  npm run --silent saga -- verify [file.asl.json]
                                proves that no failure leaves half an order
                                behind, or tells how one does; of a file, with
                                what undoes what in file.saga.json or in -d
  npm run --silent saga -- verify --json
                                prints one JSON array and nothing else

  npm run --silent saga -- faults [NAME] --input '{…}'
                                strikes every call of the saga with everything
                                that may go wrong, and judges what it leaves:
                                see docs/faults.md

Exit codes: 0 completed, or proved; 1 failed, or not sound; 2 bad usage;
3 compensated; 4 stuck.
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
  if (values.data !== undefined && command !== "invoke" && command !== "verify") {
    throw new UsageError("-d goes with 'invoke' and 'verify'");
  }
  if (values.json && command !== "run" && command !== "verify" && command !== "faults") {
    throw new UsageError("--json goes with 'run', 'verify' and 'faults'");
  }
  const ofFaults = (["input", "beside", "answer", "undone", "most", "single", "pairs"] as const).find(
    (name) => values[name] !== undefined,
  );
  if (ofFaults !== undefined && command !== "faults") throw new UsageError(`--${ofFaults} goes with 'faults'`);
  if (values.single === true && values.pairs === true) throw new UsageError("--single and --pairs exclude each other");
  switch (command) {
    case "run": {
      most(1);
      if (rest[0] === undefined) return (await commands()).orders({ json: values.json });
      const input = await readJson(rest[0]);
      return (await commands()).run(input, { json: values.json });
    }
    case "definition":
      most(0);
      return (await commands()).definition();
    case "invoke": {
      most(1);
      const [name] = rest;
      if (name === undefined) throw new UsageError("'invoke' wants the name of a function");
      if (values.data === undefined)
        throw new UsageError("'invoke' wants a payload: -d '{…}', -d @file.json or -d - for standard input");
      const payload = await readJson(values.data);
      return (await commands()).invoke(name, payload);
    }
    case "verify": {
      most(1);
      const [file] = rest;
      if (file === undefined && values.data !== undefined) throw new UsageError("-d goes with a file to verify");
      const declaration = values.data === undefined ? undefined : await readJson(values.data);
      const { verifyFile, verifyProgram } = await import("./verify");
      return file === undefined ? verifyProgram(values) : verifyFile(file, declaration, values);
    }
    case "faults": {
      most(1);
      const { input, beside, answer = [], undone, single } = values;
      if (input === undefined)
        throw new UsageError("'faults' wants what the saga starts with: --input '{…}', @file or -");
      const given = {
        input: await readJson(input),
        ...(beside !== undefined && { beside: await readJson(beside) }),
        pairs: single !== true,
        json: values.json,
      };
      const run = await import("./faults");
      const more = {
        ...(values.most !== undefined && { most: run.readMost(values.most) }),
        ...(undone !== undefined && { undone: run.readUndone(undone) }),
        answers: await run.readAnswers(answer),
      };
      return run.faultsOfProgram(rest[0], { ...given, ...more });
    }
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
        input: { type: "string" },
        beside: { type: "string" },
        answer: { type: "string", multiple: true },
        undone: { type: "string" },
        most: { type: "string" },
        single: { type: "boolean" },
        pairs: { type: "boolean" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Says in one line what went wrong. */
function complain(error: unknown): number {
  if (error instanceof UsageError) {
    printError(`${error.message}; see npm start -- --help`);
    return 2;
  }
  const { name, message, stack = "" } = error as Error;
  // What is wrong with a saga says so itself; for what else the program may throw, the place is told.
  const [, place] = (name !== "SagaDefinitionError" && /(?:\(| )(\/[^()\s]*:\d+:\d+)\)?$/m.exec(stack)) || [];
  printError(`${name}: ${message}${place === undefined ? "" : ` (${relative(process.cwd(), place)})`}`);
  return 1;
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough, as `head` has, changes nothing about how a command ends.
    if (error.code !== "EPIPE") process.exit(complain(error));
  });
}
void main(process.argv.slice(2))
  .catch(complain)
  .then((code) => (process.exitCode = code));
