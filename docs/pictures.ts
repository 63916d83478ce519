import { readFileSync } from "node:fs";
import { join } from "node:path";
import { growthPlot } from "../bench/growth/plot";
import { readResults } from "../bench/last-run";
import { orderFulfilment } from "../orderFulfilment";
import { tripBooking } from "../examples/trip/saga";
import type { RawStates } from "../saga/asl/states";
import { compile } from "../saga/compile";
import { declarationOf } from "../saga/compile/declaration";
import { readHistory } from "../saga/control/history";
import { storyOf } from "../saga/control/story";
import { coloursOf } from "../saga/graph/colours";
import { graphOf } from "../saga/graph/model";
import { svg } from "../saga/graph/svg";
import type { Saga } from "../saga/language/nodes";
import { modulesGraph } from "./modules";

/** The pictures of the docs, by the names of their files: graphs as `saga graph` draws them, and the curves of the last run. */
export const PICTURES: Readonly<Record<string, () => string>> = {
  "order-saga.svg": () => svg(drawn(orderFulfilment).graph),
  "order-compensated.svg": () => inColours(orderFulfilment, "order-compensated"),
  "trip-saga.svg": () => svg(drawn(tripBooking).graph),
  "trip-stuck.svg": () => inColours(tripBooking, "trip-stuck"),
  "growth.svg": () => growthPlot(readResults()),
  "modules.svg": () => svg(modulesGraph()),
};

function drawn(saga: unknown) {
  const of = saga as Saga;
  const definition = compile(of, (called) => called.name) as unknown as RawStates;
  const declaration = declarationOf(of);
  return { definition, declaration, graph: graphOf(of.name, definition, declaration) };
}

/** In the colours of a recorded execution. */
function inColours(saga: unknown, recording: string): string {
  const file = join(__dirname, `../test/fixtures/histories/${recording}.json`);
  const events = readHistory(JSON.parse(readFileSync(file, "utf8")));
  const { graph, ...rest } = drawn(saga);
  return svg(graph, coloursOf(graph, storyOf({ events, ...rest }), events.at(-1)?.id ?? 0));
}
