import { cpus, totalmem } from "node:os";

/** What a run was made on: without it, a figure says nothing. */
export function machine(): string {
  const [cpu] = cpus();
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const cores = `${cpus().length} cores`;
  return `${cpu?.model.trim() ?? "unknown CPU"}, ${cores}, ${memory}, ${process.platform}, Node ${process.versions.node}`;
}
