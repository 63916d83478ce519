import { expect } from "chai";
import { fakePulumi } from "./pulumi";
import { endpointTarget, inPlainWords, localTarget, stackTarget, TargetError } from "../../saga/control/target";

const ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:Order-1234567";

async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    expect(error).to.be.instanceOf(TargetError);
    return (error as Error).message;
  }
  throw new Error("it did not fail");
}

const said = (name: string, message = "", more: object = {}): string => {
  const error = Object.assign(new Error(message), { name }, more);
  const plain = inPlainWords(error, localTarget(4566, {}));
  return plain === error ? "itself" : (plain as Error).message;
};

describe("the target of a command", () => {
  it("is this machine by default", async () => {
    const target = localTarget(undefined, {});
    expect(target).to.include({ kind: "local", name: "http://127.0.0.1:4566", options: "" });
    expect(localTarget(4600, { AWS_REGION: "eu-west-1" })).to.include({ region: "eu-west-1", options: "--port 4600" });
    const { config } = await target.sfn();
    expect(await config.credentials()).to.include({ accessKeyId: "local" });
    expect(await target.sfn(), "one client for all requests").to.equal(await target.sfn());
  });

  it("has made-up credentials on this machine, unless the environment has some", async () => {
    const here = await endpointTarget("http://localhost:4566", {}).sfn();
    expect(await here.config.credentials()).to.include({ accessKeyId: "local" });
    const target = endpointTarget("https://states.example.com", {});
    expect(target).to.include({ kind: "endpoint", options: "--endpoint https://states.example.com" });
  });

  describe("a stack", () => {
    const stack = (PATH: string, folder: string, more: object = {}) =>
      stackTarget({ name: "prod", folder, env: { PATH }, ...more });

    it("has its machines from its outputs, at any depth", async () => {
      const { folder, PATH, remove } = fakePulumi(
        `if (process.argv.slice(2).join(" ") !== "stack output --json --non-interactive --stack prod") process.exit(9);
         console.log(JSON.stringify({ a: ["${ARN}:live"], b: { c: "${ARN}:live" }, bucket: "arn:aws:s3:::b", n: 7 }));`,
      );
      try {
        const target = await stack(PATH, folder);
        expect(target).to.deep.include({
          kind: "stack",
          name: "prod",
          options: "--stack prod",
          machineArns: [`${ARN}:live`],
        });
        expect(target.region, "the machine's own, where nothing says it").to.equal("eu-central-1");
        expect((await stack(PATH, folder, { region: "eu-west-1" })).region).to.equal("eu-west-1");
      } finally {
        remove();
      }
    });

    it("says why it can't be read", async () => {
      const none = fakePulumi(`console.log("{}")`);
      const fails = fakePulumi(`console.error("error: no stack named 'prod' found"); process.exit(255);`);
      const odd = fakePulumi(`console.log("Updating…")`);
      try {
        expect(await failure(stack(none.PATH, none.folder))).to.match(
          /^the stack 'prod' has no output with the ARN of a state machine/,
        );
        expect(await failure(stack(fails.PATH, fails.folder))).to.equal(
          "can't read the outputs of the stack 'prod': pulumi says: no stack named 'prod' found",
        );
        expect(await failure(stack(odd.PATH, odd.folder))).to.match(/did not print JSON$/);
        expect(await failure(stack("/nowhere", "/nowhere/either"))).to.match(/^can't read the stack's outputs/);
      } finally {
        for (const each of [none, fails, odd]) each.remove();
      }
    });
  });

  it("explains why a request failed", () => {
    expect(said("Error", "connect ECONNREFUSED 127.0.0.1:4566", { code: "ECONNREFUSED" })).to.equal(
      "nobody listens on http://127.0.0.1:4566: start 'npx saga dev' first, or say where to look with --endpoint URL or --stack NAME",
    );
    expect(said("CredentialsProviderError", "Could not load credentials")).to.match(
      /^no AWS credentials: set AWS_PROFILE/,
    );
    expect(said("ExpiredTokenException")).to.equal(
      "the AWS credentials have expired: sign in again, such as with 'aws sso login'",
    );
    expect(said("UnrecognizedClientException", "The security token is invalid")).to.match(/^AWS does not know these/);
    const denied = "User: arn:aws:iam::1:user/ada is not authorized to perform: states:ListExecutions on resource: x";
    expect(said("AccessDeniedException", denied)).to.match(
      /^access denied: the credentials do not allow states:ListExecutions \(User/,
    );
    expect(said("ExecutionDoesNotExist", "no")).to.equal("itself");
  });
});
