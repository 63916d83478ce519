import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { importsOfFiles } from "../../docs/modules";

const ROOT = join(__dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const PAGES = [
  "README.md",
  ...readdirSync(join(ROOT, "docs")).flatMap((name) => (/\.md$/.test(name) ? [`docs/${name}`] : [])),
];

/** The strongly connected components of more than one node. */
function circlesIn(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const reach = (from: string): ReadonlySet<string> => {
    const reached = new Set(edges.get(from));
    // Iterating over a set includes elements that are added meanwhile.
    for (const each of reached) for (const next of edges.get(each) ?? []) reached.add(next);
    return reached;
  };
  const reaches = new Map([...edges.keys()].map((node) => [node, reach(node)]));
  const circles = [...edges.keys()].flatMap((node) => {
    const circle = [...edges.keys()].filter((other) => reaches.get(node)?.has(other) && reaches.get(other)?.has(node));
    return circle.length > 0 && circle.sort()[0] === node ? [circle] : [];
  });
  return circles.sort();
}

/** Allowed circles: recursion over the nested nodes of a saga and the nested levels of a machine. */
const RECURSION = [
  ["child", "for-each", "parallel", "sequence", "settled", "when"].map((name) => `saga/compile/${name}.ts`),
  ["loader", "state-loader"].map((name) => `saga/interpreter/${name}.ts`),
  ["run", "states/map", "states/parallel"].map((name) => `saga/interpreter/${name}.ts`),
];

describe("the architecture", () => {
  it("has no circular imports, except for the allowed recursion", () => {
    expect(circlesIn(importsOfFiles())).to.deep.equal(RECURSION);
  });

  it("is checked: the test notices circles, also through a third file, and accepts shared imports", () => {
    const edges = new Map([
      ["a", ["b", "d"]],
      ["b", ["c"]],
      ["c", ["a", "d"]],
      ["d", []],
    ]);
    expect(circlesIn(edges)).to.deep.equal([["a", "b", "c"]]);
  });

  for (const page of PAGES) {
    it(`has all paths in saga/ that ${page} names`, () => {
      const named = [...read(page).matchAll(/(?<![\w/.-])saga\/[\w./-]*\w(?:\/|\.\w+)?/g)].map(([path]) => path);
      expect(named.filter((path) => !existsSync(join(ROOT, path)) && !existsSync(join(ROOT, `${path}.ts`)))).to.be
        .empty;
    });
  }

  it("has a row in docs/architecture.md for each folder and for nothing else", () => {
    const rows = [...read("docs/architecture.md").matchAll(/^\| `(saga\/[a-z]+\/)`/gm)].map(([, folder]) => folder);
    const folders = readdirSync(join(ROOT, "saga"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(rows.sort()).to.deep.equal(folders.map(({ name }) => `saga/${name}/`).sort());
  });
});
