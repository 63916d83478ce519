import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type Declaration, verify } from "../../saga";

/**
 * Machines with lists, written by somebody who had not seen the verifier: each broken one is a sound one with one edit.
 * `rules` are those under which it may be found.
 */
interface Case {
  readonly sound: boolean;
  readonly rules: readonly string[];
  readonly why: string;
}

const at = (file: string): unknown => JSON.parse(readFileSync(join(__dirname, "lists", file), "utf8"));
const violationsOf = (name: string) =>
  verify(at(`${name}.asl.json`) as never, at(`${name}.saga.json`) as Declaration).violations;
const CASES = Object.entries(at("EXPECTED.json") as Readonly<Record<string, Case>>);

describe("the verifier, on lists that somebody else wrote", () => {
  for (const [name, { rules, why }] of CASES.filter(([, { sound }]) => !sound)) {
    it(`finds ${name} unsound: ${why}`, () => {
      const found = violationsOf(name).map(({ rule }) => rule as string);
      expect(found.filter((rule) => rules.includes(rule))).not.to.deep.equal([]);
    });
  }

  for (const [name, { why }] of CASES.filter(([, { sound }]) => sound)) {
    it(`calls ${name} sound: ${why}`, () => {
      expect(violationsOf(name)).to.deep.equal([]);
    });
  }
});
