import { cpus, totalmem } from "node:os";

/** The machine of a run. Figures of different machines can't be compared. */
export function machine(): string {
  const [cpu] = cpus();
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const cores = `${cpus().length} cores`;
  return `${cpu?.model.trim() ?? "unknown CPU"}, ${cores}, ${memory}, ${process.platform}, Node ${process.versions.node}`;
}
