import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chaos } from "../test/local/chaos";

// `npm run chaos`: kills `saga dev --data` with SIGKILL at random moments while it runs orders, and checks the data.
const [orders = 200, kills = 50, seed = 1] = process.argv.slice(2).map(Number);

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "chaos-"));
  try {
    const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);
    const { outcomes, unexpected, struck, underWay, early, seconds, wrong } = await chaos({
      folder,
      orders,
      kills,
      seed,
      // With a longer time, most kills would come after the last order.
      longest: 700,
      onProgress,
    });
    const lines = [
      `${orders} orders, ${kills} kills (seed ${seed}), ${seconds.toFixed(0)} s`,
      `  ${struck} kills struck while orders were under way, ${underWay} orders in all; ${early} while the process started`,
      `  ${Object.entries(outcomes)
        .map(([outcome, count]) => `${count} ${outcome}`)
        .join(", ")}; ${unexpected} of them otherwise than without a kill`,
      ...(wrong.length === 0
        ? ["  nothing lost, nothing doubled, nothing left behind"]
        : wrong.map((what) => `  ✘ ${what}`)),
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main().then((code) => (process.exitCode = code));
