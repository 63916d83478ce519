import { expect } from "chai";
import { LocalCloud, mainMachine } from "../../saga/local/cloud";
import type { Resource } from "../../saga/local/program";
import { FUNCTION } from "../../saga/local/resources";
import { capacityFor, poolOf } from "../../saga/testing/faults";
import { evaluated } from "../evaluated";

describe("the capacity for scenarios", () => {
  const MACHINE = "aws:sfn/stateMachine:StateMachine";
  const GIB = 2 ** 30;
  const arnOf = (name: string) => `arn:aws:test:::${name}`;
  const resource = (type: string, name: string, inputs: Resource["inputs"] = {}): Resource => ({
    ...{ type, name, inputs, arn: arnOf(name) },
  });
  const functions = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, at) => resource(FUNCTION, `${prefix}-${at}-`));
  const calling = (name: string, called: readonly Resource[]) =>
    resource(MACHINE, name, { definition: JSON.stringify(called.map(({ arn }) => arn)) });

  const own = functions("own", 13);
  const saga = calling("saga", own);
  const capacity = (machine: Resource, resources: readonly Resource[], gib: number, cores = 2) =>
    capacityFor({ resources }, machine, { cores, memory: gib * GIB });

  it("keeps each function and its twin loaded, on each stage", () => {
    expect(capacity(saga, [saga, ...own], 24)).to.deep.equal({ stages: 2, threads: 2 * (2 * 13 + 1) });
  });

  it("has fewer stages if the memory is not enough for more", () => {
    expect(capacity(saga, [saga, ...own], 6)).to.deep.equal({ stages: 1, threads: 27 });
    expect(capacity(saga, [saga, ...own], 4)).to.deep.equal({ stages: 1, threads: 20 });
    expect(capacity(saga, [saga, ...own], 0.5)).to.deep.equal({ stages: 1, threads: 6 });
  });

  it("has at most four stages, and none that has to wait for a core", () => {
    expect(capacity(saga, [saga, ...own], 1_000, 1)).to.have.property("stages", 1);
    expect(capacity(saga, [saga, ...own], 1_000, 64)).to.have.property("stages", 4);
  });

  it("counts the functions of child sagas, and not those of other sagas", () => {
    const more = functions("more", 2);
    const child = calling("child", more);
    const parent = calling("parent", [...own.slice(0, 1), child]);
    const all = [parent, child, saga, ...own, ...more];
    expect(capacity(parent, all, 24)).to.deep.equal({ stages: 2, threads: 2 * (2 * 3 + 1) });
  });

  it("is that of the pool on which a cloud's functions run", async () => {
    const program = await evaluated();
    const pool = poolOf(capacityFor(program, mainMachine(program)));
    const cloud = await LocalCloud.start(program, { pool });
    try {
      const [run] = cloud.functions.values();
      await run?.invoke({}).catch(() => {});
      expect(pool.workers).to.equal(1);
    } finally {
      await cloud.close();
    }
  });
});
