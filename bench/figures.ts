/** Prints the figures that the project promises: `npm run figures`. */
import { deflateRawSync } from "node:zlib";
import { definitionOf, mainMachine } from "../saga/local/cloud";
import { evaluateProgram } from "../saga/local/program";

/** The bytes of a file in a zip archive beside its data: a local header and a directory entry, both with its name. */
const zippedSize = (path: string, text: string): number =>
  deflateRawSync(text).length + 30 + 46 + 2 * Buffer.byteLength(path);
const END_OF_ZIP = 22;

async function main(): Promise<void> {
  const started = performance.now();
  const program = await evaluateProgram();
  const milliseconds = performance.now() - started;

  const definition = JSON.stringify(definitionOf(mainMachine(program)));
  console.log(`${milliseconds.toFixed(0).padStart(7)} ms     to evaluate the program`);
  console.log(`${String(Buffer.byteLength(definition)).padStart(7)} bytes  the order saga, compiled`);
  for (const { type, name, inputs } of program.resources) {
    if (type !== "aws:lambda/function:Function") continue;
    const { assets } = inputs["code"] as { assets: Promise<Record<string, { text: Promise<string> }>> };
    const files = Object.entries(await assets);
    const texts = await Promise.all(files.map(([, { text }]) => text));
    const raw = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const zipped = files.reduce((sum, [path], at) => sum + zippedSize(path, texts[at] as string), END_OF_ZIP);
    console.log(`${String(zipped).padStart(7)} bytes  ${name}, zipped; ${raw} before`);
  }
}

void main();
