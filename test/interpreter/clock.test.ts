import { expect } from "chai";
import { realClock, virtualClock } from "../../saga/interpreter";

const nameOf = (error: unknown): string => (error as Error).name;

describe("interpreter: clocks", () => {
  it("virtual time jumps from timer to timer, by time and then in the order in which they were set", async () => {
    const clock = virtualClock(0);
    const order: string[] = [];
    const note = (name: string) => () => order.push(`${name}@${clock.now()}`);
    await Promise.all([
      clock.sleep(3_600_000).then(note("hour")),
      clock.sleep(1000).then(note("second")),
      clock.sleep(1000).then(note("second too")),
      clock.sleep(0).then(note("now")),
    ]);
    expect(order).to.deep.equal(["now@0", "second@1000", "second too@1000", "hour@3600000"]);
  });

  it("virtual time does not advance while someone holds it", async () => {
    const clock = virtualClock(0);
    const release = clock.hold();
    const slept = clock.sleep(1000);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(clock.now()).to.equal(0);
    release();
    await slept;
    expect(clock.now()).to.equal(1000);
  });

  it("a sleep that is aborted ends at once and takes no time", async () => {
    for (const clock of [virtualClock(0), realClock]) {
      const controller = new AbortController();
      const slept = clock.sleep(60_000, controller.signal).catch(nameOf);
      controller.abort();
      expect(await slept).to.equal("Interrupted");
      expect(await clock.sleep(1000, controller.signal).catch(nameOf)).to.equal("Interrupted");
    }
  });

  it("real time passes", async () => {
    const before = Date.now();
    await realClock.sleep(20);
    expect(Date.now() - before).to.be.at.least(19);
  });
});
