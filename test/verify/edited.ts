import { expect } from "chai";
import { compile } from "../../saga/compile";
import { declarationOf } from "../../saga/compile/declaration";
import { type Declaration, type DeclaredCall, type Rule, type Verdict, verify } from "../../saga/verify";
import { build } from "../generated/build";
import type { Spec } from "../generated/spec";
import { type MutableLevel, stateOf } from "./mutations";

/** A definition as the compiler emits it, with one edit. */
export interface Edited {
  readonly title: string;
  readonly nodes: readonly Spec[];
  /** The rules of which one must be named; none for a machine that is sound. */
  readonly rules: readonly Rule[];
  /** What a message must have in it. */
  readonly says?: string;
  /** Rules that are neither proved nor broken. */
  readonly open?: readonly Rule[];
  readonly edit: (machine: MutableLevel, calls: Record<string, DeclaredCall>) => void;
}

export const step: Spec = { kind: "step", definite: false };
export const query: Spec = { kind: "query" };
export const parallel = (...branches: readonly (readonly Spec[])[]): Spec => ({ kind: "parallel", branches });
export const forEach = (...body: readonly Spec[]): Spec => ({ kind: "forEach", items: 2, body });

/** A definition as the compiler emits it, and its declaration, with an edit. */
export function machineOf({ nodes, edit }: Pick<Edited, "nodes" | "edit">): {
  readonly machine: MutableLevel;
  readonly declaration: Declaration;
} {
  const { saga } = build(nodes);
  const arn = ({ name }: { readonly name: string }): string => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;
  const machine = JSON.parse(JSON.stringify(compile(saga, arn))) as MutableLevel;
  const { calls, ...declaration } = declarationOf(saga);
  const changed: Record<string, DeclaredCall> = { ...calls };
  edit(machine, changed);
  return { machine, declaration: { ...declaration, calls: changed } };
}

/** What the verifier says of an edited machine. */
export function edited(of: Pick<Edited, "nodes" | "edit">): Verdict {
  const { machine, declaration } = machineOf(of);
  return verify(machine, declaration);
}

export const argumentsOf = (machine: MutableLevel, name: string) =>
  stateOf(machine, name)["Arguments"] as { FunctionName: string; Payload: string; InvocationType?: string };
export const inPayload = (machine: MutableLevel, name: string, what: RegExp, by: string): void => {
  const args = argumentsOf(machine, name);
  const before = args.Payload;
  args.Payload = before.replace(what, by);
  if (args.Payload === before) throw new Error(`${name} has no ${String(what)}: ${before}`);
};
/** A test of each case, and one that it is proved without its edit. */
export function tryEach(title: string, cases: readonly Edited[]): void {
  describe(title, () => {
    for (const { title: what, rules, says, open = [], ...machine } of cases) {
      const finds = rules.length === 0 ? (open.length === 0 ? "calls sound" : "does not prove") : "finds";
      it(`${finds} ${what} (${[...rules, ...open].join(", ") || "nothing"})`, () => {
        const { violations, unproved } = edited(machine);
        const found = violations.map(({ rule, message }) => `${rule}: ${message}`).join("\n");
        if (rules.length === 0) expect(found).to.equal("");
        else
          expect(
            violations.some(({ rule }) => rules.includes(rule)),
            found,
          ).to.equal(true);
        if (says !== undefined) expect([found, ...unproved.map(({ why }) => why)].join("\n")).to.include(says);
        expect(unproved.map(({ rule }) => rule)).to.include.members(open);
      });
    }

    it("proves each of them without its edit", () => {
      for (const { nodes } of cases) expect(edited({ nodes, edit: () => undefined }).violations).to.deep.equal([]);
    });
  });
}
