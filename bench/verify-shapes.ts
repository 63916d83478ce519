/**
 * Measures the compilation and verification of sagas that grow in one way each: `npm run bench:shapes`. It prints the states
 * of the search, the processor seconds, the peak memory, and the growth of the seconds from each size to the next. Each
 * figure is from a process of its own, with a limit of one minute.
 *
 *   npm run bench:shapes -- [--seconds 60] [SHAPE …]
 */
import { execFile } from "node:child_process";
import { compile } from "../saga/compile";
import { declarationOf } from "../saga/compile/declaration";
import { eq, type Saga, saga } from "../saga/language";
import { type RawStates, verify } from "../saga/verify";
import { unwork, work } from "./tasks";

/** A builder without types, since its length is not known to the type checker. */
interface Steps {
  step(name: string, step: object): Steps;
  when(name: string, test: Mapping, then: Sequence, otherwise: Sequence): Steps;
  forEach(name: string, items: Mapping, body: (steps: Steps, item: Item) => Steps): Steps;
  parallel(name: string, branches: Readonly<Record<string, Sequence>>): Steps;
  returns(output: Mapping): Saga;
}
type Item = Readonly<Record<string, unknown>>;
type Scope = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type Mapping = (scope: Scope) => unknown;
type Sequence = (steps: Steps) => Steps;

const step =
  (name: string): Sequence =>
  (steps) =>
    steps.step(name, {
      task: work,
      input: ({ input }: Scope) => ({ n: input?.["n"] }),
      undo: { name: `${name}u`, task: unwork, input: (scope: Scope) => ({ n: scope[name]?.["n"] }) },
    });
const when =
  (name: string, body: Sequence): Sequence =>
  (steps) =>
    steps.when(
      name,
      ({ input }) => eq(input?.[name] as never, true),
      body,
      (same) => same,
    );
const forEach =
  (name: string, body: Sequence): Sequence =>
  (steps) =>
    steps.forEach(name, ({ input }) => input?.[name], body);
const parallel =
  (name: string, branches: readonly Sequence[]): Sequence =>
  (steps) =>
    steps.parallel(name, Object.fromEntries(branches.map((branch, index) => [`b${index}`, branch])));
/** A number of steps in a row. */
const row =
  (length: number, of: (index: number) => Sequence): Sequence =>
  (steps) =>
    Array.from({ length }, (_, index) => index).reduce((before, index) => of(index)(before), steps);
const each = <T>(length: number, of: (index: number) => T): readonly T[] =>
  Array.from({ length }, (_, index) => of(index));

function deepParallel(depth: number): Sequence {
  const inner: Sequence = depth > 1 ? deepParallel(depth - 1) : (steps) => steps;
  return parallel(`P${depth}`, [step(`A${depth}`), (steps) => inner(step(`B${depth}`)(steps))]);
}

/** A list of lists, to any depth. */
function nestedForEach(depth: number, most: number, items: Mapping): Sequence {
  if (depth > most) return step("S");
  const inside = (item: Item): Sequence => nestedForEach(depth + 1, most, () => item[`M${depth + 1}`]);
  return (steps) => steps.forEach(`M${depth}`, items, (within, item) => inside(item)(within));
}

const SIZES = [5, 10, 20, 40];
const SHAPES: Readonly<Record<string, { readonly sizes?: readonly number[]; readonly of: (k: number) => Sequence }>> = {
  "steps in a row": { of: (k) => row(k, (i) => step(`S${i}`)) },
  "whens in a row": { of: (k) => row(k, (i) => when(`W${i}`, step(`S${i}`))) },
  "lists in a row": { of: (k) => row(k, (i) => forEach(`M${i}`, step(`S${i}`))) },
  "a list in each when": { of: (k) => row(k, (i) => when(`W${i}`, forEach(`M${i}`, step(`S${i}`)))) },
  "a list in each branch": {
    of: (k) =>
      parallel(
        "P",
        each(k, (i) => forEach(`M${i}`, step(`S${i}`))),
      ),
  },
  "whens in a branch": { of: (k) => parallel("P", [row(k, (i) => when(`W${i}`, step(`S${i}`))), step("B")]) },
  "whens in a list": {
    of: (k) =>
      forEach(
        "M",
        row(k, (i) => when(`W${i}`, step(`S${i}`))),
      ),
  },
  "lists in a branch": { of: (k) => parallel("P", [row(k, (i) => forEach(`M${i}`, step(`S${i}`))), step("B")]) },
  "branches side by side": {
    of: (k) =>
      parallel(
        "P",
        each(k, (i) => step(`S${i}`)),
      ),
  },
  "branches within branches": { of: deepParallel },
  "lists within lists": { sizes: [1, 2, 3, 4, 5], of: (k) => nestedForEach(1, k, ({ input }) => input?.["M1"]) },
};

interface Figures {
  readonly states: number;
  readonly seconds: number;
  readonly megabytes: number;
  readonly bytes: number;
}

/** Measures in a process of its own. */
function measure(shape: string, size: number): Figures {
  const building = saga<Record<string, unknown>>("Shape") as unknown as Steps;
  const built = (SHAPES[shape] as { of: (k: number) => Sequence })
    .of(size)(building)
    .returns(() => ({ done: true }));
  const started = process.cpuUsage();
  const definition = compile(built, ({ name }) => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`);
  const text = JSON.stringify(definition);
  const { violations, states } = verify(JSON.parse(text) as RawStates, declarationOf(built));
  const { user, system } = process.cpuUsage(started);
  const seconds = (user + system) / 1e6;
  const [violation] = violations.filter(({ message }) => !message.startsWith("definition: it has"));
  if (violation) throw new Error(`not sound: ${violation.rule}: ${violation.message}`);
  return { states, seconds, megabytes: process.resourceUsage().maxRSS / 1024, bytes: Buffer.byteLength(text) };
}

function inProcess(shape: string, size: number, seconds: number): Promise<Figures | string> {
  return new Promise((resolve) => {
    const args = [...process.execArgv, __filename, "--one", shape, String(size)];
    execFile(process.execPath, args, { timeout: seconds * 1000, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      if (!error) resolve(JSON.parse(stdout) as Figures);
      else if (error.killed) resolve(`not done after ${seconds} s`);
      else {
        const lines = stderr.split("\n");
        resolve(
          lines.find((line) => /heap out of memory|^\w*Error: /.test(line)) ?? `ended by ${String(error.signal)}`,
        );
      }
    });
  });
}

const LARGEST = 1024 * 1024;

async function main(): Promise<void> {
  const [first, ...others] = process.argv.slice(2);
  if (first === "--one") {
    process.stdout.write(JSON.stringify(measure(others[0] as string, Number(others[1]))));
    return;
  }
  const limited = first === "--seconds";
  const seconds = limited ? Number(others.shift()) : 60;
  const wanted = limited ? others : process.argv.slice(2);
  console.log("shape                         k   states   seconds    MB  against the size before");
  for (const [shape, { sizes = SIZES }] of Object.entries(SHAPES)) {
    if (wanted.length > 0 && !wanted.includes(shape)) continue;
    let before: { readonly size: number; readonly seconds: number } | undefined;
    for (const size of sizes) {
      const found = await inProcess(shape, size, seconds);
      const label = `${shape.padEnd(27)}${String(size).padStart(4)}`;
      if (typeof found === "string") {
        console.log(`${label}  ${found}`);
        break;
      }
      const ratio = before
        ? `${(found.seconds / before.seconds).toFixed(1)} (k: ${(size / before.size).toFixed(1)})`
        : "";
      const large = found.bytes > LARGEST ? `  more than the 1 MB that a definition may have` : "";
      const figures = [
        String(found.states).padStart(8),
        found.seconds.toFixed(2).padStart(9),
        found.megabytes.toFixed(0).padStart(5),
      ];
      console.log(`${label} ${figures.join(" ")}  ${ratio}${large}`);
      before = { size, seconds: found.seconds };
    }
  }
}

void main();
