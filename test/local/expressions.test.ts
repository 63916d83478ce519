import { createRequire } from "node:module";
import { expect } from "chai";

type Values = Readonly<Record<string, object>>;
type Context = Record<string, unknown>;
interface Parser {
  parse(text: string, options: { readonly context: Context }): unknown;
}

const load = createRequire(__filename);
/** A parser with an empty cache. */
const parserOf = (name: string): Parser => ({ ...(load(`dynalite/db/${name}`) as Parser) });
const { rememberExpressions } = load("../../saga/local/dynamodb/expressions.cjs") as {
  rememberExpressions: (parser: Parser) => void;
};

describe("cached expressions of requests to the table", () => {
  const names = { "#key": "id", "#by": "undone_by", "#n": "n", "#list": "list" };
  const first = { ":s": { S: "a" }, ":n": { N: "1" }, ":set": { SS: ["a"] }, ":m": { M: { x: { S: "a" } } } };
  const second = { ":s": { S: "b" }, ":n": { N: "2" }, ":set": { SS: ["b"] }, ":m": { M: { y: { N: "2" } } } };
  /** The same placeholders, with values of other types. */
  const otherTypes = { ":s": { N: "3" }, ":n": { S: "c" }, ":set": { N: "4" }, ":m": { S: "d" } };

  const parseWith = (parser: Parser, text: string, attrVals: Values | undefined, attrNames: object = names) => {
    const unusedAttrNames = Object.fromEntries(Object.keys(attrNames).map((name) => [name, true]));
    const unusedAttrVals = Object.fromEntries(Object.keys(attrVals ?? {}).map((name) => [name, true]));
    const context = {
      attrNames,
      attrVals,
      unusedAttrNames,
      unusedAttrVals,
      isReserved: (name: string) => name === "add",
    };
    let parsed: unknown;
    try {
      parsed = parser.parse(text, { context: { ...context, compare: (_: string, x: object, y: object) => x > y } });
    } catch (error) {
      parsed = (error as Error).message;
    }
    return { parsed, unusedAttrNames, unusedAttrVals };
  };

  for (const [kind, texts] of [
    [
      "conditionParser",
      [
        "attribute_not_exists(#key)",
        "attribute_not_exists(#key) OR ((#n = :n OR #by = :s) AND NOT contains(#by, :s))",
        "#n IN (:n, :s) AND begins_with(#key, :s)",
        "size(#list[0].a) > :n",
        "#n BETWEEN :n AND :s",
        "attribute_type(#n, :s)",
        "((#n = :n))",
        "#n = :missing",
        "#n =",
        "add = :n",
      ],
    ],
    [
      "updateParser",
      [
        "SET #n = :n, #by = if_not_exists(#by, :s) REMOVE #list[1] ADD #key :set",
        "SET #n = #n + :n, #list = list_append(#list, :m)",
        "ADD #n :n DELETE #by :set",
        "SET #n = :n SET #by = :s",
        "SET #n = :n, #n.a = :s",
        "SET",
      ],
    ],
  ] as const) {
    for (const text of texts) {
      it(`have the same result as without a cache: ${text}`, () => {
        const [plain, remembering] = [parserOf(kind), parserOf(kind)];
        rememberExpressions(remembering);
        const fewer = { "#n": "n", "#key": "other" };
        for (const [values, of] of [
          [first, names],
          [second, names],
          [first, names],
          [otherTypes, names],
          [second, fewer],
          [undefined, names],
          [undefined, names],
        ] as const) {
          expect(parseWith(remembering, text, values, of)).to.deep.equal(parseWith(plain, text, values, of));
        }
      });
    }
  }

  it("are not changed by changes of a result", () => {
    const parser = parserOf("updateParser");
    rememberExpressions(parser);
    const text = "SET #n = if_not_exists(#n, :n)";
    const change = ({ parsed }: { parsed: unknown }) => {
      (parsed as { sections: { val: unknown }[] }).sections.forEach((section) => (section.val = { N: "9" }));
    };
    const before = structuredClone(parseWith(parserOf("updateParser"), text, first).parsed);
    change(parseWith(parser, text, first));
    change(parseWith(parser, text, first));
    expect(structuredClone(parseWith(parser, text, first).parsed)).to.deep.equal(before);
  });
});
