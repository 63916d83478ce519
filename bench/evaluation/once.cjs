// @ts-check
// Evaluates the program in a process of its own, part by part or as a whole, and prints the times as JSON. It is plain
// JavaScript, so that only measured modules are loaded.

const { createRequire } = require("node:module");
const { join } = require("node:path");
const { performance } = require("node:perf_hooks");
const process = require("node:process");

const [dist = "", folder = "", mode = "whole"] = process.argv.slice(2);
process.chdir(folder);
const program = createRequire(join(folder, "program.js"));

/** @type {{ part: string, wall: number, processor: number }[]} */
const parts = [];

/**
 * @template T
 * @param {string} part
 * @param {() => T | Promise<T>} run
 */
async function measure(part, run) {
  const [started, used] = [performance.now(), process.cpuUsage()];
  const result = await run();
  const { user, system } = process.cpuUsage(used);
  parts.push({ part, wall: performance.now() - started, processor: (user + system) / 1000 });
  return result;
}

async function whole() {
  await measure("an evaluation, in all", async () => {
    const { evaluate } = require(join(dist, "local/program.js"));
    await evaluate(require(join(dist, "local/project.js")).readProject(folder));
  });
}

async function eachPart() {
  const project = await measure("the project's files", () =>
    require(join(dist, "local/project.js")).readProject(folder),
  );
  await measure("loading Pulumi, and TypeScript with it", () =>
    require(join(dist, "local/pulumi.js")).loadPulumi(folder),
  );
  await measure("loading ts-node", () => require(join(dist, "local/typescript.js")).loadTypeScript(project));
  await measure("loading the services of @pulumi/aws", () => require(join(dist, "deploy/aws.js")));
  await measure("loading this package", () => program("saga-aws-pulumi"));
  const { orderFulfilment } = await measure("loading the saga and its tasks", () => program("./orderFulfilment"));
  const { compile, tasks } = await measure("", () => ({
    ...require(join(dist, "compile/index.js")),
    tasks: require(join(dist, "language/index.js")).tasksOf(orderFulfilment),
  }));
  parts.pop();
  await measure("compiling the saga", () => compile(orderFulfilment, () => "arn:aws:lambda:::"));
  await measure("compiling and verifying it", () => require(join(dist, "deploy/prove.js")).prove(orderFulfilment));
  const { archive } = require(join(dist, "deploy/archive.js"));
  const packed = (/** @type {any[]} */ some) =>
    Promise.all(some.map(({ name, handler: factory }) => archive({ name, factory, packages: [], layers: false })));
  const lambdas = tasks.filter((/** @type {any} */ { handler }) => handler !== undefined);
  await measure("serialising the first function", () => packed(lambdas.slice(0, 1)));
  await measure(`serialising ${lambdas.length - 1} more`, () => packed(lambdas.slice(1)));
  const { shipped } = require(join(dist, "deploy/packages.js"));
  await measure("finding a function's packages in the installed tree", () => shipped("function", ["yaml"], dist));
  const { evaluate } = require(join(dist, "local/program.js"));
  await measure("an evaluation, with all of that loaded", () => evaluate(project));
}

void (mode === "parts" ? eachPart() : whole()).then(() => {
  process.stdout.write(JSON.stringify({ parts, peak: process.resourceUsage().maxRSS }));
  process.exit();
});
