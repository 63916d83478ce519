/** The figures that the project promises: `npm run figures`. */
import { definitionOf, mainMachine } from "../local/cloud";
import { evaluateProgram } from "../local/program";

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
    const texts = await Promise.all(Object.values(await assets).map(({ text }) => text));
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    console.log(`${String(bytes).padStart(7)} bytes  ${name}, before it is zipped`);
  }
}

void main();
