import { expect } from "chai";
import { duration } from "../../saga/cli/duration";

describe("a duration", () => {
  const written: readonly (readonly [seconds: number, text: string])[] = [
    [0, "0 s"],
    [0.2, "1 s"],
    [60, "1 min"],
    [61.5, "1 min 2 s"],
    [7200, "2 h"],
    [7296, "2 h 2 min"],
    [86_399, "1 d"],
    [86_401, "1 d 1 h"],
    [Infinity, "no bound"],
  ];
  for (const [seconds, text] of written) {
    it(`of ${seconds} s is ${text} at most`, () => {
      expect(duration(seconds)).to.equal(text);
    });
  }
});
