import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import * as ts from "typescript";
import { type Graph, type GraphNode } from "../saga/graph/model";

const ROOT = join(__dirname, "..");
/** Folders within a folder that are parts of their own: they import what the folder around them does not. */
const OWN_PARTS = ["console/page", "console/server", "deploy/recovery"];

/** The files of saga/, each with those that it imports, if only for a type. */
export function importsOfFiles(): ReadonlyMap<string, readonly string[]> {
  const files = readdirSync(join(ROOT, "saga"), { recursive: true, encoding: "utf8" }).flatMap((path) =>
    /\.tsx?$/.test(path) && !path.endsWith(".d.ts") ? [`saga/${path.replaceAll("\\", "/")}`] : [],
  );
  const known = new Set(files);
  const fileOf = (from: string, name: string): readonly string[] => {
    const path = relative(ROOT, join(ROOT, dirname(from), name)).replaceAll("\\", "/");
    return [`${path}.ts`, `${path}.tsx`, `${path}/index.ts`].filter((each) => known.has(each)).slice(0, 1);
  };
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(join(ROOT, file), "utf8"));
      return [file, importedFiles.flatMap(({ fileName }) => (fileName.startsWith(".") ? fileOf(file, fileName) : []))];
    }),
  );
}

function partOf(file: string): string {
  const path = file.replace(/^saga\//, "");
  const own = OWN_PARTS.find((part) => path.startsWith(`${part}/`));
  return own ?? (path.includes("/") ? path.slice(0, path.indexOf("/")) : "index.ts");
}

/** Which part of saga/ imports which. */
export function importsOfParts(): ReadonlyMap<string, ReadonlySet<string>> {
  const parts = new Map<string, Set<string>>();
  for (const [file, imported] of importsOfFiles()) {
    const part = partOf(file);
    const of = parts.get(part) ?? new Set();
    parts.set(part, of);
    for (const each of imported) if (partOf(each) !== part) of.add(partOf(each));
  }
  return new Map([...parts].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The parts of saga/ as a graph. What a part reaches through another one as well has no arrow of its own. */
export function modulesGraph(imports = importsOfParts()): Graph {
  const reached = (from: string, but: string): ReadonlySet<string> => {
    const found = new Set([...(imports.get(from) ?? [])].filter((each) => each !== but));
    // A set's iteration goes on to what is added to it.
    for (const each of found) for (const next of imports.get(each) ?? []) found.add(next);
    return found;
  };
  const node = (part: string): GraphNode => ({
    id: part,
    label: part.endsWith(".ts") ? part : `${part}/`,
    notes: [],
    kind: "task",
    side: "forward",
    pivot: false,
    undoes: [],
    parent: undefined,
  });
  const edges = [...imports].flatMap(([from, all]) =>
    [...all]
      .sort()
      .flatMap((to) => (reached(from, to).has(to) ? [] : [{ from, to, caught: false, side: "forward" as const }])),
  );
  return { title: "saga/: what imports what", nodes: [...imports.keys()].map(node), edges };
}
