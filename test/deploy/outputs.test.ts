import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { DeferredExpression } from "../../saga/asl/deferred";
import { withOutputs } from "../../saga/deploy/definition";
import { evaluateProgram } from "../../saga/local/program";

describe("outputs of Pulumi's in a saga's mappings", () => {
  it("are literals in the deployed definition, and never expressions", async () => {
    const { resources } = await evaluateProgram({}, join(__dirname, "outputs.ts"));
    const topic = resources.find(({ type, name }) => type === "aws:sns/topic:Topic" && name === "news");
    const machine = resources.find(({ type }) => type === "aws:sfn/stateMachine:StateMachine");
    const { States } = JSON.parse(machine?.inputs["definition"] as string) as { States: Record<string, any> };
    expect(States["Announce"].Arguments).to.equal(
      `{% {'TopicArn': '${topic?.arn}', ` +
        "'Message': (('{% $uuid() %}' & ' ') & $states.context.Execution.Input.message), " +
        "'Limits': [1, {'most': 2}]} %}",
    );
    const policies = resources.filter(({ type }) => type === "aws:iam/rolePolicy:RolePolicy");
    expect(
      policies.some(({ inputs }) => (inputs["policy"] as string).includes(`"Resource":["${topic?.arn}"]`)),
    ).to.equal(true);
  });

  it("are refused if they are secret, since a definition is readable", async () => {
    const expressionOf = (output: pulumi.Output<string>): unknown =>
      withOutputs("News", new DeferredExpression(["{% {'a': ", "} %}"], [output]));
    // The engine receives the promise of an output's value.
    const told = (output: unknown) => (output as { promise(): Promise<string> }).promise();
    const error = await told(expressionOf(pulumi.secret("swordfish"))).then(
      (definition) => expect.fail(`it was taken: ${definition}`),
      (thrown: unknown) => thrown as Error,
    );
    expect(pulumi.RunError.isInstance(error)).to.equal(true);
    expect(error.message).to.contain("'News': a mapping has a secret in it").and.contain("pulumi.unsecret(…)");
    expect(error.message).not.to.contain("swordfish");
    const open = expressionOf(pulumi.unsecret(pulumi.secret("it's open")));
    expect(await told(open)).to.equal(`{% {'a': "it's open"} %}`);
  });
});
