import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DescribeStateMachineCommand,
  ListStateMachineVersionsCommand,
  PublishStateMachineVersionCommand,
  RedriveExecutionCommand,
  SFNClient,
} from "@aws-sdk/client-sfn";
import { expect } from "chai";
import { LocalCloud } from "../../saga/local/cloud";
import { Store } from "../../saga/local/data/store";
import type { Program, Resource } from "../../saga/local/program";
import { clientOptions, definition, machineArn, PLACE, program as fixture } from "./wire/fixture";

const ROLE = "arn:aws:iam::000000000000:role/all";
const FUNCTION = `arn:aws:lambda:${PLACE}:function:say`;
const MACHINE = machineArn("talk");

/** Version `n` of a program: a function that returns the number, and a machine that calls that version of it. */
function release(n: number, handler = `exports.handler = async () => ${n};`): Program {
  const call = {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    Arguments: { FunctionName: `${FUNCTION}:${n}`, Payload: {} },
    Output: "{% $states.result.Payload %}",
    End: true,
  };
  const states = {
    Begin: {
      Type: "Choice",
      Choices: [{ Condition: "{% $states.input.wait = true %}", Next: "Wait" }],
      Default: "Call",
    },
    Wait: { Type: "Wait", Seconds: 3600, Next: "Call" },
    Call: call,
  };
  const talk: readonly Resource[] = [
    {
      type: "aws:lambda/function:Function",
      name: "say",
      physicalName: "say",
      arn: FUNCTION,
      versionArn: `${FUNCTION}:${n}`,
      inputs: {
        code: { assets: { "__index.js": { text: handler } } },
        handler: "__index.handler",
        runtime: "nodejs20.x",
        role: ROLE,
      },
    },
    {
      type: "aws:sfn/stateMachine:StateMachine",
      name: "talk",
      physicalName: "talk",
      arn: MACHINE,
      versionArn: `${MACHINE}:${n}`,
      inputs: { definition: definition(states), roleArn: ROLE },
    },
    {
      type: "aws:sfn/alias:Alias",
      name: "talk",
      physicalName: "live",
      arn: `${MACHINE}:live`,
      inputs: { routingConfigurations: [{ stateMachineVersionArn: `${MACHINE}:${n}`, weight: 100 }] },
    },
  ];
  return { ...fixture, resources: [...fixture.resources, ...talk] };
}

describe("the versions of a changing program", function () {
  this.timeout(60_000);
  let folder: string;
  const open: LocalCloud[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "versions-"));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((cloud) => cloud.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (n: number, keep = 2): Promise<LocalCloud> => {
    const cloud = await LocalCloud.start(release(n), { data: folder, keep });
    open.push(cloud);
    return cloud;
  };
  const versions = async (cloud: LocalCloud): Promise<readonly number[]> => {
    const asked = new ListStateMachineVersionsCommand({ stateMachineArn: MACHINE });
    const { stateMachineVersions = [] } = await new SFNClient(clientOptions(cloud)).send(asked);
    return stateMachineVersions.map(({ stateMachineVersionArn = "" }) =>
      Number(stateMachineVersionArn.split(":").at(-1)),
    );
  };
  /** The number of stored revisions, functions and files, and of the values in total. */
  const stored = async (): Promise<Readonly<Record<string, number>>> => {
    const store = await Store.open(folder);
    const counts: Record<string, number> = { all: 0 };
    for await (const [key] of store.entries("")) {
      counts[key.slice(0, 2)] = (counts[key.slice(0, 2)] ?? 0) + 1;
      counts["all"] = (counts["all"] ?? 0) + 1;
    }
    await store.close();
    return counts;
  };
  const runs = async (cloud: LocalCloud): Promise<unknown> => {
    const result = await cloud.startExecution({}, undefined, "talk").result;
    await cloud.settled();
    return result.output;
  };

  it("are removed once nothing needs them: neither restarts nor deployments make the folder grow", async () => {
    await (await start(1)).close();
    const first = await stored();
    for (let n = 2; n <= 12; n++) await (await start(n)).close();
    expect(await stored()).to.deep.equal(first);
    const cloud = await start(13);
    for (let n = 14; n <= 40; n++) await cloud.deploy(release(n));
    expect(await versions(cloud)).to.deep.equal([40]);
    expect(cloud.functionAt(`${FUNCTION}:40`)).to.equal(cloud.functionAt(FUNCTION));
    expect(() => cloud.functionAt(`${FUNCTION}:39`)).to.throw("Function not found");
    await cloud.close();
    expect(await stored()).to.deep.equal(first);
  });

  it("stay as long as their executions are kept, and can be described and started as on AWS", async () => {
    const cloud = await start(1);
    for (let n = 1; n <= 6; n++) {
      if (n > 1) await cloud.deploy(release(n));
      expect(await runs(cloud)).to.equal(n);
    }
    await cloud.deploy(release(7));
    // Two executions are kept: those of the releases 5 and 6.
    expect(await versions(cloud)).to.deep.equal([7, 6, 5]);
    await cloud.close();
    const next = await start(8);
    expect(await versions(next)).to.deep.equal([8, 6, 5]);
    const sfn = new SFNClient(clientOptions(next));
    const described = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: `${MACHINE}:5` }));
    expect(described.definition).to.contain(`${FUNCTION}:5`);
    const { payload } = await next.functionAt(`${FUNCTION}:5`).invoke({});
    expect(payload).to.equal(5);
  });

  it("stay for an execution that runs, for one that is stuck, and for a client that has published one", async () => {
    const cloud = await start(1);
    const waits = cloud.startExecution({ wait: true }, undefined, "talk");
    await cloud.deploy(release(2, `exports.handler = async () => { throw new Error("no"); };`));
    const stuck = cloud.startExecution({}, undefined, "talk");
    expect((await stuck.result).status).to.equal("FAILED");
    // It is one of the two stuck executions that are kept.
    await cloud.deploy(release(3));
    const sfn = new SFNClient(clientOptions(cloud));
    await sfn.send(new PublishStateMachineVersionCommand({ stateMachineArn: MACHINE }));
    await cloud.deploy(release(4));
    await cloud.deploy(release(5));
    expect(await versions(cloud)).to.deep.equal([5, 3, 2, 1]);
    waits.stop();
    await cloud.settled();
    await cloud.close();
    // Nothing is kept of executions that have ended, so only the client needs an earlier version.
    expect(await versions(await start(6, 0))).to.deep.equal([6, 3]);
  });

  it("stay for a stuck execution of a saga that the program drops while it runs, which can be redriven", async () => {
    const repaired = `${folder}.repaired`;
    const broken = `exports.handler = async () => {
      if (!require("fs").existsSync(${JSON.stringify(repaired)})) throw new Error("no");
      return 1;
    };`;
    const cloud = await LocalCloud.start(release(1, broken), { data: folder });
    open.push(cloud);
    const stuck = cloud.startExecution({}, undefined, "talk");
    expect((await stuck.result).status).to.equal("FAILED");
    await cloud.settled();
    await cloud.deploy(fixture);
    await cloud.close();
    const next = await LocalCloud.start(fixture, { data: folder });
    open.push(next);
    writeFileSync(repaired, "");
    await new SFNClient(clientOptions(next)).send(new RedriveExecutionCommand({ executionArn: stuck.arn }));
    await next.settled();
    rmSync(repaired);
    expect(next.executions.get(stuck.arn)?.ended?.result).to.deep.equal({ status: "SUCCEEDED", output: 1 });
    // Now that it has ended, nothing of its saga is needed any more.
    await next.deploy(fixture);
    expect(() => next.functionAt(`${FUNCTION}:1`)).to.throw("Function not found");
  });
});
