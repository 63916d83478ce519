import { expect } from "chai";
import { Pace } from "../../saga/cli/pace";

describe("the pace of long work", () => {
  /** Works with so many milliseconds for each piece. Returns the lines of a log. */
  function log(total: number, msOf: (piece: number) => number, exact = true): string[] {
    let now = 0;
    const pace = new Pace(() => now);
    const lines: string[] = [];
    for (let done = 1; done <= total; done++) {
      now += msOf(done);
      const rest = pace.rest({ done, total, exact });
      if (pace.isDue({ done, total, exact })) lines.push(`${done}${rest}`);
    }
    return lines;
  }

  it("is told after 10 pieces, after 100, and at each further tenth", () => {
    expect(log(1_000, () => 100)).to.deep.equal([
      "10 of 1,000, about 1 min 39 s left",
      "100 of 1,000, about 1 min 30 s left",
      ...[8, 7, 6, 5, 4, 3, 2, 1].map((tenths) => {
        const seconds = tenths * 10;
        const left = seconds > 60 ? `1 min ${seconds - 60} s` : seconds === 60 ? "1 min" : `${seconds} s`;
        return `${1_000 - tenths * 100} of 1,000, about ${left} left`;
      }),
    ]);
  });

  it("is told each minute, if a tenth takes longer", () => {
    const lines = log(100, () => 30_000);
    expect(lines.slice(0, 3)).to.deep.equal(["2 of 100", "4 of 100", "6 of 100"]);
    expect(lines).to.include("50 of 100, about 25 min left");
  });

  it("is told once if the work is short, and never at its end", () => {
    expect(log(20, () => 10)).to.deep.equal(["10 of 20, about 1 s left"]);
    expect(log(5, () => 10)).to.deep.equal([]);
  });

  it("forgets a slow start", () => {
    expect(log(1_000, (piece) => (piece <= 5 ? 10_000 : 100))).to.include("10 of 1,000, about 1 min 39 s left");
  });

  it("says if the number of all pieces is a maximum", () => {
    expect(log(100, () => 10, false)).to.deep.equal(["10 of at most 100, about 1 s left"]);
  });
});
