// @ts-check
// Evaluates a program with Pulumi alone, as a unit test does: with its mocks and its own loader. It prints the number of
// registered resources.

const { createRequire } = require("node:module");
const { join } = require("node:path");
const process = require("node:process");

const [folder = ""] = process.argv.slice(2);
process.chdir(folder);
const program = createRequire(join(folder, "program.js"));
const pulumi = program("@pulumi/pulumi");

let registered = 0;
const mocks = {
  newResource: (/** @type {any} */ { type, name, inputs, custom }) => {
    if (!custom) return { id: undefined, state: {} };
    registered++;
    const [, service, kind] = type.split(/[:/]/);
    const arn = `arn:aws:${service}:eu-west-1:000000000000:${kind}:${name}`;
    const versions = { qualifiedArn: `${arn}:1`, stateMachineVersionArn: `${arn}:1` };
    return { id: name, state: { ...inputs, ...versions, name, arn: inputs.arn ?? arn } };
  },
  call: (/** @type {{ inputs: object }} */ { inputs }) => ({
    ...inputs,
    accountId: "000000000000",
    region: "eu-west-1",
    partition: "aws",
    statemachineVersions: [],
  }),
};

void (async () => {
  await pulumi.runtime.setMocks(mocks, "saga-aws-pulumi", "local", false);
  program("./index.js");
  await pulumi.runtime.disconnect();
  process.stdout.write(JSON.stringify({ registered }));
  process.exit();
})();
