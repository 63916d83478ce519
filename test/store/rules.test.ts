import { expect } from "chai";
import { check, nonBlank, wholeNumber } from "../../saga";

describe("the rules of an input", () => {
  const rule = wholeNumber({ min: 1, max: 500 });
  const refused: readonly (readonly [value: unknown, got: string])[] = [
    [undefined, "nothing"],
    ["5", "a string of 1 byte"],
    [0, "zero"],
    [-5, "a negative number"],
    [1.5, "a fraction"],
    [501, "a number"],
    [Number.NaN, "a fraction"],
  ];
  for (const [amount, got] of refused) {
    it(`refuses ${got} if the rule is a whole number of a range: ${String(amount)}`, () => {
      const event: { readonly amount?: unknown } = { amount };
      const call = () => {
        check("InvalidAmount", event, { amount: rule });
      };
      expect(call)
        .to.throw(`amount: expected a whole number, 1 to 500, got ${got}`)
        .with.property("name", "InvalidAmount");
    });
  }

  it("accepts a whole number within its bounds, and by default from 0 to the largest safe integer", () => {
    for (const amount of [1, 500]) check("InvalidAmount", { amount }, { amount: rule });
    const { holds } = wholeNumber();
    expect([0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1, -1].map(holds)).to.deep.equal([
      true,
      true,
      false,
      false,
    ]);
  });

  it("does not compile for a field that the input does not have, since that rule would refuse every call", () => {
    const event = { account: "ada" };
    expect(() => {
      // @ts-expect-error The field is called `account`.
      check("InvalidBooking", event, { acount: nonBlank(100) });
    }).to.throw("acount: expected a string of 1 to 100 bytes, not blank, got nothing");
  });
});
