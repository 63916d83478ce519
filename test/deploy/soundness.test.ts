import { join } from "node:path";
import { expect } from "chai";
import { evaluateProgram } from "../../saga/local/program";

describe("an unsound saga", () => {
  it("is refused on its resource, with the rule, before its resources are registered", async () => {
    let refused: { message: string; resource?: { __name?: string } } | undefined;
    try {
      await evaluateProgram({}, join(__dirname, "unsound.ts"));
    } catch (error) {
      refused = error as typeof refused;
    }
    expect(refused?.message).to.equal(
      "the saga 'Charge' is not sound\n" +
        "S4: Pay retries CardDeclined\n" +
        "  → Let Pay retry only transient errors, by their names",
    );
    expect(refused?.resource?.__name).to.equal("Charge");
  });
});
