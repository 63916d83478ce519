import { CreateStateMachineCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { expect } from "chai";
import { listExecutions } from "../../saga/control/executions";
import type { Machine } from "../../saga/control/machines";
import { endpointTarget } from "../../saga/control/target";
import { LocalCloud } from "../../saga/local/cloud";
import { clientOptions, definition, machineArn, program } from "../local/wire/fixture";

describe("the list of executions", function () {
  this.timeout(60_000);
  const COMPENSATED = 330;
  const arn = machineArn("ends");
  const machine: Machine = { name: "ends", arn, startArn: arn };
  let cloud: LocalCloud;
  before(async () => {
    cloud = await LocalCloud.start(program);
    const sfn = new SFNClient(clientOptions(cloud));
    const roleArn = "arn:aws:iam::000000000000:role/all";
    const fails = definition({ Fail: { Type: "Fail", Error: "{% $states.input.error %}" } });
    await sfn.send(new CreateStateMachineCommand({ name: "ends", roleArn, definition: fails }));
    for (const error of ["Boom", ...Array.from({ length: COMPENSATED }, () => "SagaCompensated")]) {
      const input = JSON.stringify({ error });
      const { executionArn = "" } = await sfn.send(new StartExecutionCommand({ stateMachineArn: arn, input }));
      await cloud.executions.get(executionArn)?.over;
    }
    sfn.destroy();
  });
  after(() => cloud.close());

  const stuck = async (most: number) => {
    const target = endpointTarget(cloud.endpoint, { AWS_REGION: "eu-west-1" });
    const cut: number[] = [];
    const listed = await listExecutions(target, [machine], {
      outcome: "stuck",
      most,
      onCut: (_, read) => cut.push(read),
    });
    return { listed: listed.length, cut };
  };

  it("describes 300 failed executions of a machine to find stuck ones, and says that it leaves out older ones", async () => {
    expect(await stuck(20)).to.deep.equal({ listed: 0, cut: [300] });
  });

  it("describes as many as are asked for", async () => {
    expect(await stuck(COMPENSATED + 1)).to.deep.equal({ listed: 1, cut: [] });
  });
});
