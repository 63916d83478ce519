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

/** Broken machines that are refused beside the point: an identity that two items share is not looked for. */
const BESIDE_THE_POINT: ReadonlySet<string> = new Set(["list-identity-of-value", "list-nested-without-outer-index"]);

describe("the verifier, on lists that somebody else wrote", () => {
  for (const [name, { rules, why }] of CASES.filter(([, { sound }]) => !sound)) {
    it(`finds ${name} unsound: ${why}`, () => {
      const found = violationsOf(name).map(({ rule }) => rule as string);
      expect(found).not.to.deep.equal([]);
      if (!BESIDE_THE_POINT.has(name)) expect(found.filter((rule) => rules.includes(rule))).not.to.deep.equal([]);
    });
  }

  // False alarms. The verifier does not know that what an ItemSelector gives is there, nor that two lists are one where an
  // expression asks for the type of it. A machine that is no longer refused comes off the list.
  for (const [name] of CASES.filter(([, { sound }]) => sound)) {
    it(`refuses ${name}, though it is sound`, () => {
      expect(violationsOf(name)).not.to.deep.equal([]);
    });
  }
});
