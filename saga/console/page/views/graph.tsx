import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Placed, PlacedEdge, PlacedNode } from "../../../graph/layout";
import { legendOf } from "../../../graph/legend";
import { isBox, wayOf } from "../../../graph/model";
import { type Colours, keyOf } from "../../../graph/status";
import { Figure, type Look, lookClass, Mark } from "../parts/mark";

interface Props {
  readonly placed: Placed;
  /** The status of each node, and the edges taken. Undefined if the graph shows no execution. */
  readonly colours?: Colours | undefined;
  /** The selected node. */
  readonly chosen?: string | undefined;
  /** Notes on nodes, such as a fault that is set. */
  readonly notes?: ReadonlyMap<string, string>;
  readonly onPress?: ((node: PlacedNode, element: SVGGElement) => void) | undefined;
  readonly pressable?: (node: PlacedNode) => boolean;
  /** Whether pressing opens a menu. */
  readonly menu?: boolean;
}

/** The smallest scale at which names are legible. A larger graph scrolls in its box. */
const SMALLEST = 0.62;
const LINE = 18;

/** Whether a graph is too wide to have another panel beside it. */
export const isWide = ({ width }: Placed): boolean => width > 900;

const always = (): boolean => true;
const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();

/** The graph of a state machine. It is one tab stop. Arrow keys move from node to node. */
export function GraphView({
  placed,
  colours,
  chosen,
  notes = NOTHING,
  onPress,
  pressable = always,
  menu = false,
}: Props) {
  const box = useRef<HTMLDivElement>(null);
  const room = useSignal(placed.width);
  const stop = useSignal<string | undefined>(undefined);
  /** Undefined until the user selects one. */
  const zoom = useSignal<number | undefined>(undefined);

  useEffect(() => {
    const element = box.current as HTMLDivElement;
    const observer = new ResizeObserver(() => {
      room.value = element.clientWidth;
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, []);

  const nodes = placed.nodes.filter(({ kind }) => kind !== "start" && kind !== "branch" && kind !== "item");
  const pressed = onPress ? nodes.filter((node) => pressable(node)) : [];
  const order = [...pressed].sort((one, other) => one.y - other.y || one.x - other.x).map(({ id }) => id);
  const tabStop = stop.value !== undefined && order.includes(stop.value) ? stop.value : order[0];
  const fitting = Math.min(1, room.value / placed.width);
  const scale = zoom.value ?? Math.max(SMALLEST, fitting);

  const move = (event: KeyboardEvent): void => {
    const from = order.indexOf(tabStop ?? "");
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    const to = { Home: 0, End: order.length - 1 }[event.key] ?? from + (steps[event.key] ?? Number.NaN);
    const id = order[to];
    if (id === undefined) return;
    event.preventDefault();
    stop.value = id;
    const index = pressed.findIndex((node) => node.id === id);
    box.current?.querySelectorAll<SVGGElement>("[data-pressable]")[index]?.focus();
  };

  // If the graph is larger than its box, the selected node is scrolled into view.
  useEffect(() => {
    const element = box.current as HTMLDivElement;
    const node = placed.nodes.find(({ id }) => id === chosen);
    if (!node || (element.scrollWidth <= element.clientWidth && element.scrollHeight <= element.clientHeight)) return;
    const [x, y] = [node.x * scale, node.y * scale];
    if (x < element.scrollLeft || x > element.scrollLeft + element.clientWidth)
      element.scrollLeft = x - element.clientWidth / 2;
    if (y < element.scrollTop || y > element.scrollTop + element.clientHeight)
      element.scrollTop = y - element.clientHeight / 2;
  }, [chosen, scale]);

  const zoomTo = (to: number): void => {
    zoom.value = Math.min(2, Math.max(0.2, to));
  };

  return (
    <div class="graph-box">
      {(fitting < 1 || zoom.value !== undefined) && (
        <div class="buttons zoom" role="group" aria-label="Size of the graph">
          <button
            type="button"
            aria-label="smaller"
            onClick={() => {
              zoomTo(scale / 1.25);
            }}
          >
            −
          </button>
          <button
            type="button"
            aria-label="larger"
            onClick={() => {
              zoomTo(scale * 1.25);
            }}
          >
            +
          </button>
          <button
            type="button"
            onClick={() => {
              zoomTo(fitting);
            }}
          >
            Fit
          </button>
        </div>
      )}
      <div
        class="graph"
        ref={box}
        role="region"
        aria-label={`Drawing of ${placed.title}`}
        tabIndex={0}
        onKeyDown={move}
      >
        <svg
          role="group"
          aria-label={`Graph of ${placed.title}`}
          viewBox={`0 0 ${placed.width} ${placed.height}`}
          width={Math.round(placed.width * scale)}
          height={Math.round(placed.height * scale)}
        >
          <defs>
            {(["forward", "undo", "fails"] as const).map((way) => (
              <marker
                key={way}
                id={`tip-${way}`}
                viewBox="0 0 10 10"
                refX="9"
                refY="5"
                markerUnits="userSpaceOnUse"
                markerWidth="10"
                markerHeight="10"
                orient="auto"
              >
                <path class={`tip tip-${way}`} d="M0 0 L10 5 L0 10 z" />
              </marker>
            ))}
          </defs>
          {placed.nodes.filter(isBox).map((node) => (
            <rect
              key={node.id}
              class={`box box-${node.side}`}
              x={node.x - node.width / 2}
              y={node.y - node.height / 2}
              width={node.width}
              height={node.height}
              rx="8"
            />
          ))}
          {placed.edges.map((edge) => (
            <Edge key={`${edge.from} ${edge.to} ${edge.caught}`} edge={edge} taken={colours?.taken.has(keyOf(edge))} />
          ))}
          {placed.nodes
            .filter(({ kind }) => kind === "start")
            .map(({ id, x, y }) => (
              <circle key={id} class="start-dot" cx={x} cy={y} r="6" />
            ))}
          {nodes.map((node) => {
            const acts = onPress !== undefined && pressable(node);
            const look = colours?.statuses.get(node.id) ?? "idle";
            const note = notes.get(node.id);
            const press = (element: SVGGElement): void => {
              stop.value = node.id;
              onPress?.(node, element);
            };
            return (
              <g
                key={node.id}
                class={`node node-${node.side} node-${node.kind} ${lookClass(look)}${node.pivot ? " pivot" : ""}${chosen === node.id ? " chosen" : ""}${acts ? " acts" : ""}`}
                role={acts ? "button" : "img"}
                aria-label={[node.lines.map(({ text }) => text).join(" "), colours ? look : "", note ?? ""]
                  .filter(Boolean)
                  .join(", ")}
                {...(acts && {
                  "data-pressable": "",
                  tabindex: node.id === tabStop ? 0 : -1,
                  ...(menu && { "aria-haspopup": "menu" as const }),
                  onClick: (event: MouseEvent) => {
                    press(event.currentTarget as SVGGElement);
                  },
                  onKeyDown: (event: KeyboardEvent) => {
                    if (event.key !== "Enter" && event.key !== " ") return;
                    event.preventDefault();
                    press(event.currentTarget as SVGGElement);
                  },
                })}
                data-node={node.id}
                data-look={look}
              >
                <Shape node={node} />
                <Text node={node} />
                {look !== "idle" && <Badge node={node} look={look} />}
                {note !== undefined && " "}
                {note !== undefined && <Note node={node} note={note} />}
              </g>
            );
          })}
        </svg>
      </div>
      <Legend placed={placed} colours={colours} />
    </div>
  );
}

/** The meaning of the lines, and for an execution of the marks. */
function Legend({ placed, colours }: { readonly placed: Placed; readonly colours: Colours | undefined }) {
  const entries = legendOf(placed, colours);
  if (entries.length === 0) return null;
  return (
    <ul class="legend" aria-label="Legend">
      {entries.map(({ way, status, words }) => (
        <li key={words}>
          {way === undefined ? (
            <Mark look={status}>{words}</Mark>
          ) : (
            <>
              <svg width="32" height="10" aria-hidden="true">
                <path class={`edge edge-${way}`} d="M0 5H30" marker-end={`url(#tip-${way})`} />
              </svg>
              {words}
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

/** @param taken Whether the execution took this edge. Undefined if the graph shows no execution. */
function Edge({ edge, taken }: { readonly edge: PlacedEdge; readonly taken: boolean | undefined }) {
  const way = wayOf(edge);
  const path = edge.points.map(({ x, y }, at) => `${at === 0 ? "M" : "L"}${x} ${y}`).join("");
  return (
    <path
      class={`edge edge-${way}${taken === undefined ? "" : taken ? " taken" : " not-taken"}`}
      d={path}
      marker-end={`url(#tip-${way})`}
    />
  );
}

function Shape({ node: { kind, x, y, width, height } }: { readonly node: PlacedNode }) {
  const [left, top] = [x - width / 2, y - height / 2];
  if (kind === "parallel" || kind === "list")
    return <rect class="area" x={left} y={top} width={width} height={height} rx="8" />;
  if (kind === "choice") {
    const points = `${left},${y} ${x},${top} ${left + width},${y} ${x},${top + height}`;
    return <polygon class="shape" points={points} />;
  }
  const round = kind === "completed" || kind === "failed" ? height / 2 : 8;
  return <rect class="shape" x={left} y={top} width={width} height={height} rx={round} />;
}

function Text({ node }: { readonly node: PlacedNode }): ComponentChildren {
  const { lines, x, y, height } = node;
  const first = isBox(node) ? y - height / 2 + 18 : y - ((lines.length - 1) * LINE) / 2 + 5;
  // The space is not drawn. It separates the lines for screen readers.
  return lines.flatMap(({ text, note }, at) => [
    at > 0 && " ",
    <text key={at} class={note ? "small" : ""} x={x} y={first + at * LINE} text-anchor="middle">
      {text}
    </text>,
  ]);
}

/** The mark in the node's corner, where it hides no name. */
function Badge({ node: { x, y, width, height }, look }: { readonly node: PlacedNode; readonly look: Look }) {
  return (
    <g class="badge" transform={`translate(${x + width / 2 - 12} ${y - height / 2 - 10})`}>
      <circle cx="10" cy="10" r="10" />
      <g transform="translate(2 2)">
        <Figure look={look} />
      </g>
    </g>
  );
}

function Note({ node: { x, y, height }, note }: { readonly node: PlacedNode; readonly note: string }) {
  return (
    <text class="small fault-note" x={x} y={y + height / 2 + 14} text-anchor="middle">
      {note}
    </text>
  );
}
