import { expect } from "chai";
import { cloudClock } from "../../saga/local/clock";

describe("the clock of the laptop cloud", () => {
  const took = async (work: () => Promise<void>): Promise<number> => {
    const began = performance.now();
    await work();
    return performance.now() - began;
  };

  it("passes many times as fast with a number", async () => {
    const clock = cloudClock(1000);
    const began = clock.now();
    const order: number[] = [];
    const real = await took(async () => {
      await Promise.all([60_000, 20_000, 40_000].map((ms) => clock.sleep(ms).then(() => order.push(ms))));
    });
    expect(clock.now() - began).to.be.at.least(60_000);
    expect(real).to.be.below(2000);
    expect(order).to.deep.equal([20_000, 40_000, 60_000]);
  });

  it("passes at its real pace while it is held", async () => {
    const clock = cloudClock(1000);
    const release = clock.hold();
    const began = clock.now();
    let slept = false;
    void clock.sleep(60_000).then(() => (slept = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(clock.now() - began).to.be.within(50, 5000);
    expect(slept).to.equal(false);
    release();
    release();
    await clock.sleep(60_000);
    expect(slept).to.equal(true);
  });

  it("removes the timer of a wait that is aborted", async () => {
    const clock = cloudClock(2);
    const ending = new AbortController();
    const sleeping = clock.sleep(3_600_000, ending.signal).catch((error: unknown) => (error as Error).name);
    ending.abort();
    expect(await sleeping).to.equal("Interrupted");
    expect(await clock.sleep(1, ending.signal).catch((error: unknown) => (error as Error).name)).to.equal(
      "Interrupted",
    );
  });

  it("jumps over waits if it is virtual, and is real by default", async () => {
    const clock = cloudClock("virtual");
    const began = clock.now();
    expect(Math.abs(began - Date.now())).to.be.below(1000);
    expect(await took(() => clock.sleep(172_800_000))).to.be.below(1000);
    expect(clock.now() - began).to.equal(172_800_000);
    expect(await took(() => cloudClock().sleep(50))).to.be.at.least(45);
  });
});
