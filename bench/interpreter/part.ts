/** Compares the interpreter with another one for Node. Each runs in its own process, with stand-ins for tasks. */
import { join } from "node:path";
import { installAll, packagesOf } from "../peers";
import type { Measured, Row } from "../last-run";
import { median, pairedRatio } from "../statistics";
import { timed } from "../timed";
import type { Executed } from "./one";

const PEER = "aws-local-stepfunctions";

export async function interpreter(runs: number, short: boolean): Promise<Measured> {
  const { there, leftOut } = await installAll([PEER]);
  const systems = ["this", ...there];
  const rows = (["completes", "fails"] as const).flatMap((outcome) => {
    const rounds = Array.from({ length: runs }, (_, round) => {
      const turned = round % 2 === 0 ? systems : [...systems].reverse();
      return new Map(turned.map((system) => [system, one(system, outcome, short ? 200 : 3000)]));
    });
    const all = (system: string): readonly Executed[] => rounds.map((each) => each.get(system) as Executed);
    const processor = (system: string): readonly number[] => all(system).map((each) => each.processor);
    return systems.map((system): Row => ({
      name: `${system}, ${outcome}`,
      figures: {
        "processor ms": median(processor(system)),
        "executions/s": median(all(system).map(({ wall }) => 1000 / wall)),
        ...(system !== "this" && { "this ÷ it": pairedRatio(processor("this"), processor(system)) }),
      },
    }));
  });
  return { rows, peers: there.has(PEER) ? packagesOf(PEER) : {}, leftOut };
}

function one(system: string, outcome: string, executions: number): Executed {
  const script = ["-r", "ts-node/register/transpile-only", join(__dirname, "one.ts")];
  const { stdout } = timed([process.execPath, ...script, system, outcome, String(executions)], process.cwd());
  return JSON.parse(stdout) as Executed;
}
