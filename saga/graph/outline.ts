import type { PlacedNode, Point } from "./placed";
import { POINTED } from "./placed";

type Shape = Pick<PlacedNode, "kind" | "side" | "x" | "y" | "width" | "height">;

/**
 * The outline of a node, as the `d` of SVG paths from back to front. Undos have cut corners, ends are round, and choices
 * have points. An approval has a folded corner, a child saga has a second border, and items are stacked.
 */
export function outlineOf(node: Shape): readonly string[] {
  const { kind, side, x, y, width, height } = node;
  const [left, right, top, bottom] = [x - width / 2, x + width / 2, y - height / 2, y + height / 2];
  const body = side === "undo" ? cut(node, 9) : round(node, 8);
  switch (kind) {
    case "start":
      return [round(node, width / 2)];
    case "completed":
    case "failed":
      return [round(node, height / 2)];
    case "choice":
      return [
        polygon([
          { x: left, y },
          { x: left + POINTED, y: top },
          { x: right - POINTED, y: top },
          { x: right, y },
          { x: right - POINTED, y: bottom },
          { x: left + POINTED, y: bottom },
        ]),
      ];
    case "approval":
      return [body, `M${left + 16} ${top}L${left + 16} ${top + 16}L${left} ${top + 16}`];
    case "child":
      return [body, `M${left + 6} ${top}L${left + 6} ${bottom}M${right - 6} ${top}L${right - 6} ${bottom}`];
    case "item":
      return [round({ ...node, x: x + 6, y: y + 6 }, 10), round({ ...node, x: x + 3, y: y + 3 }, 10), round(node, 10)];
    case "parallel":
    case "list":
    case "branch":
      return [round(node, 10)];
    default:
      return [body];
  }
}

const polygon = (points: readonly Point[]): string => `M${points.map(({ x, y }) => `${x} ${y}`).join("L")}Z`;

function round({ x, y, width, height }: Shape, by: number): string {
  const radius = Math.min(by, width / 2, height / 2);
  const [left, top] = [x - width / 2, y - height / 2];
  const corner = (dx: number, dy: number): string => `a${radius} ${radius} 0 0 1 ${dx * radius} ${dy * radius}`;
  const [across, down] = [width - 2 * radius, height - 2 * radius];
  return `M${left + radius} ${top}h${across}${corner(1, 1)}v${down}${corner(-1, 1)}h${-across}${corner(-1, -1)}v${-down}${corner(1, -1)}z`;
}

function cut({ x, y, width, height }: Shape, by: number): string {
  const [left, right, top, bottom] = [x - width / 2, x + width / 2, y - height / 2, y + height / 2];
  return polygon([
    { x: left + by, y: top },
    { x: right - by, y: top },
    { x: right, y: top + by },
    { x: right, y: bottom - by },
    { x: right - by, y: bottom },
    { x: left + by, y: bottom },
    { x: left, y: bottom - by },
    { x: left, y: top + by },
  ]);
}
