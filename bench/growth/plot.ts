/** The curves of a run as an SVG with logarithmic axes, for light and dark themes. */
import type { Results, Row } from "../last-run";

interface Curve {
  readonly label: string;
  readonly figure: string;
  readonly kind: "steps" | "queries";
}

const CURVES: readonly Curve[] = [
  { label: "type-check, steps", figure: "type-check ms", kind: "steps" },
  { label: "type-check, queries", figure: "type-check ms", kind: "queries" },
  { label: "verify, steps", figure: "verify ms", kind: "steps" },
  { label: "verify, queries", figure: "verify ms", kind: "queries" },
  { label: "compile, steps", figure: "compile ms", kind: "steps" },
  { label: "compile, queries", figure: "compile ms", kind: "queries" },
];
const CLASSES: Readonly<Record<string, string>> = { "type-check ms": "a", "verify ms": "b", "compile ms": "c" };

const [WIDTH, HEIGHT] = [760, 420];
const PLOT = { left: 70, right: 590, top: 24, bottom: 360 } as const;
const X = [10, 2000] as const;

export function growthPlot(results: Results): string {
  const part = results["growth"];
  if (!part) throw new Error("no run has printed how compiling grows: npm run bench -- --only growth");
  const curves = CURVES.map((curve) => ({ ...curve, points: pointsOf(part.rows, curve) }));
  const values = curves.flatMap(({ points }) => points.map(([, y]) => y));
  const y = [
    10 ** Math.floor(Math.log10(Math.min(...values))),
    10 ** Math.ceil(Math.log10(Math.max(...values))),
  ] as const;
  const atX = (steps: number): number => at(steps, X, PLOT.left, PLOT.right);
  const atY = (milliseconds: number): number => at(milliseconds, y, PLOT.bottom, PLOT.top);
  const ticks = powers(y[0], y[1]);
  const ends = spread(curves.map(({ points }) => atY((points.at(-1) as Point)[1])));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" role="img">`,
    `<title>What compiling, verifying and type-checking a saga take, by its steps</title>`,
    `<style>`,
    `  svg { --ink: #1f2328; --grid: #d1d9e0; --a: #8250df; --b: #0969da; --c: #1a7f37; background: #ffffff; }`,
    `  @media (prefers-color-scheme: dark) { svg { --ink: #f0f6fc; --grid: #3d444d; --a: #ab7df8; --b: #4493f8; --c: #3fb950; background: #0d1117; } }`,
    `  text { fill: var(--ink); } .grid { stroke: var(--grid); } path { fill: none; stroke-width: 2; }`,
    ...["a", "b", "c"].map(
      (name) => `  .${name} { stroke: var(--${name}); } text.${name} { fill: var(--${name}); stroke: none; }`,
    ),
    `  .queries { stroke-dasharray: 5 4; }`,
    `</style>`,
    ...ticks.map((tick) => line(PLOT.left, atY(tick), PLOT.right, atY(tick))),
    ...ticks.map((tick) => text(PLOT.left - 8, atY(tick) + 4, tick < 1000 ? `${tick} ms` : `${tick / 1000} s`, "end")),
    ...[10, 30, 100, 300, 1000].map((tick) => line(atX(tick), PLOT.top, atX(tick), PLOT.bottom)),
    ...[10, 30, 100, 300, 1000].map((tick) => text(atX(tick), PLOT.bottom + 20, tick.toLocaleString("en"), "middle")),
    text(
      (PLOT.left + PLOT.right) / 2,
      PLOT.bottom + 44,
      "steps of the saga, as far as a definition of 1 MB takes them",
      "middle",
    ),
    ...curves.map(
      ({ figure, kind, points }) =>
        `<path class="${CLASSES[figure] ?? ""} ${kind}" d="M${points.map(([x, value]) => `${pixel(atX(x))} ${pixel(atY(value))}`).join(" L")}"/>`,
    ),
    ...curves.map(({ label, figure }, index) =>
      text(PLOT.right + 10, (ends[index] as number) + 4, label, "start", CLASSES[figure]),
    ),
    `</svg>`,
    "",
  ].join("\n");
}

type Point = readonly [steps: number, milliseconds: number];

function pointsOf(rows: readonly Row[], { figure, kind }: Curve): readonly Point[] {
  const points = rows.flatMap(({ name, figures }): readonly Point[] => {
    const [steps, value] = [figures["steps"], figures[figure]];
    return name.endsWith(` ${kind}`) && steps !== undefined && value !== undefined ? [[steps, value]] : [];
  });
  if (points.length === 0) throw new Error(`no run has printed '${figure}' of ${kind}: npm run bench -- --only growth`);
  return points;
}

/** The position of a value on a logarithmic axis. */
function at(value: number, [least, most]: readonly [number, number], from: number, to: number): number {
  return from + ((Math.log10(value) - Math.log10(least)) / (Math.log10(most) - Math.log10(least))) * (to - from);
}

function powers(least: number, most: number): readonly number[] {
  const [from, to] = [Math.round(Math.log10(least)), Math.round(Math.log10(most))];
  return Array.from({ length: to - from + 1 }, (_, power) => 10 ** (from + power));
}

/** Moves overlapping labels apart. */
function spread(ends: readonly number[], apart = 16): readonly number[] {
  const order = ends.map((end, index) => ({ end, index })).sort((a, b) => a.end - b.end);
  let least = -Infinity;
  const placed = order.map(({ end, index }) => ({ index, place: (least = Math.max(end, least + apart)) }));
  return placed.sort((a, b) => a.index - b.index).map(({ place }) => place);
}

const pixel = (value: number): string => value.toFixed(1);
const line = (x1: number, y1: number, x2: number, y2: number): string =>
  `<line class="grid" x1="${pixel(x1)}" y1="${pixel(y1)}" x2="${pixel(x2)}" y2="${pixel(y2)}"/>`;
const text = (x: number, y: number, said: string, anchor: string, name = ""): string =>
  `<text${name ? ` class="${name}"` : ""} x="${pixel(x)}" y="${pixel(y)}" text-anchor="${anchor}">${said}</text>`;
