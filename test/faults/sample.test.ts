import { expect } from "chai";
import { sampleOf } from "../../saga/testing/faults/sample";

describe("a sample of the scenarios", () => {
  const items = Array.from({ length: 1_000 }, (_, item) => item);

  it("has every item if there are not too many", () => {
    expect(sampleOf(items, 1_000)).to.deep.equal(items);
    expect(sampleOf(items, 0)).to.deep.equal([]);
  });

  it("is spread evenly, and the same each time", () => {
    const sample = sampleOf(items, 120);
    expect(sample).to.have.length(120);
    expect(sampleOf(items, 120)).to.deep.equal(sample);
    expect([...sample].sort((one, other) => one - other)).to.deep.equal(sample);
    expect(new Set(sample)).to.have.property("size", 120);
    for (let hundred = 0; hundred < 10; hundred++) {
      const here = sample.filter((item) => Math.floor(item / 100) === hundred).length;
      expect(here).to.be.within(11, 13);
    }
  });

  it("has all kinds, although the kinds of faults repeat in the list", () => {
    // Every tenth item is of the same kind. A step of ten would always meet the same one.
    const kinds = sampleOf(items, 100).map((item) => item % 10);
    for (let kind = 0; kind < 10; kind++) expect(kinds.filter((each) => each === kind).length).to.be.within(4, 20);
  });
});
