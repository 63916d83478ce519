import { expect } from "chai";
import { tripBooking } from "../../examples/trip/saga";
import { orderFulfilment } from "../../orderFulfilment";
import { compile } from "../../saga/compile";
import type { Saga } from "../../saga/language";
import { declarationOf } from "../../saga/compile/declaration";
import { verify } from "../../saga/verify";
import { MUTATIONS, type MutableLevel } from "./mutations";
import { SLOW } from "../slow";

/** The emitted definition as plain JSON. */
function emitted(saga: Saga): MutableLevel {
  const definition = compile(saga, ({ name }) => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`);
  return JSON.parse(JSON.stringify(definition)) as MutableLevel;
}

describe("the verifier, on emitted definitions that are broken", () => {
  for (const saga of [orderFulfilment, tripBooking] as readonly Saga[]) {
    const declaration = declarationOf(saga);
    const sound = emitted(saga);
    for (const { title, rules, sites, forks } of MUTATIONS) {
      if (forks && saga === orderFulfilment) continue;
      // The order saga shows what is no matter of branches and lists.
      const mark = saga === orderFulfilment || forks ? "" : ` ${SLOW}`;
      it(`${saga.name}: finds that ${title} (${rules.join(", ")})${mark}`, () => {
        const found = sites(sound, declaration);
        expect(found).not.to.be.empty;
        for (const [state, change] of found) {
          const mutant = structuredClone(sound);
          const calls = { ...declaration.calls };
          change(mutant, calls);
          const { violations } = verify(mutant, { ...declaration, calls });
          const named = violations.map(({ rule, message }) => `${rule}: ${message}`);
          expect(
            violations.some(({ rule }) => rules.includes(rule)),
            `${state}: ${named.join("\n") || "nothing is found"}`,
          ).to.equal(true);
        }
      });
    }
  }

  it("tries 20 ways of breaking that every saga has, and more", () => {
    expect(MUTATIONS.filter(({ forks }) => !forks)).to.have.length.of.at.least(20);
  });
});
