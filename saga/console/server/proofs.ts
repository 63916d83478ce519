import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { extname, join } from "node:path";
import type { Declaration } from "../../asl/declaration";
import type { Violation } from "../../verify";
import type { Asked, Proved } from "./prover";

/** The verifier's verdict on a machine, as the page shows it. */
export interface SagaVerdict {
  /** `only undos`: of a saga, which is proved itself. */
  readonly status: "sound" | "unsound" | "not proved" | "only undos";
  readonly summary: string;
  readonly violations: readonly Violation[];
  /** The proof is still running. */
  readonly pending?: true;
}

export const NOT_PROVED: SagaVerdict = {
  status: "not proved",
  summary: "The machine has no declaration of what undoes what",
  violations: [],
};

/** The verdict on a machine that runs a saga's undos: the verifier searches the saga, and not this machine. */
export const onlyUndos = (saga: string): SagaVerdict => ({
  status: "only undos",
  summary: `It has only the undos of ${saga}. The proof is that of ${saga}, and assumes that its undos are these`,
  violations: [],
});

const PENDING: SagaVerdict = { ...NOT_PROVED, summary: "The proof is running", pending: true };

/** The most cached verdicts. */
const MOST = 500;

/**
 * Proves machines, each once. A proof may keep a processor busy for seconds, so it runs in a process of its own and does
 * not block this one.
 */
export class Proofs {
  private readonly known = new Map<string, SagaVerdict>();
  private readonly closing = new AbortController();
  /** The end of the last proof. Proofs run one after the other. */
  private last: Promise<unknown> = Promise.resolve();

  /** @param onProved Called after each verdict. */
  constructor(private readonly onProved: () => void) {}

  of(definition: object, declaration: Declaration): SagaVerdict {
    const asked: Asked = { definition, declaration };
    const key = createHash("sha256").update(JSON.stringify(asked)).digest("base64");
    const there = this.known.get(key);
    if (there) return there;
    this.known.set(key, PENDING);
    for (const oldest of this.known.keys()) if (this.known.size > MOST) this.known.delete(oldest);
    this.last = this.last.then(async () => {
      const proved = await proveApart(asked, this.closing.signal);
      if (this.closing.signal.aborted) return;
      this.known.set(key, verdictOf(proved));
      this.onProved();
    });
    return PENDING;
  }

  arePending(): boolean {
    return [...this.known.values()].some(({ pending }) => pending);
  }

  close(): void {
    this.closing.abort();
  }
}

function verdictOf(proved: Proved): SagaVerdict {
  if ("why" in proved) return { ...NOT_PROVED, summary: proved.why };
  const { sound, proved: rules, unproved, violations, states } = proved.verdict;
  const counted = (number: number, what: string): string =>
    `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
  if (!sound) return { status: "unsound", summary: counted(violations.length, "violation"), violations };
  const open =
    unproved.length === 0 ? "" : `; ${counted(new Set(unproved.map(({ rule }) => rule)).size, "rule")} not proved`;
  return {
    status: "sound",
    summary: `${counted(rules.length, "rule")} proved in ${counted(states, "state")}${open}`,
    violations,
  };
}

function proveApart(asked: Asked, signal: AbortSignal): Promise<Proved> {
  // In a checkout, the sources run with ts-node.
  const extension = extname(__filename);
  return new Promise((resolve) => {
    const child = fork(join(__dirname, `prover${extension}`), {
      execArgv: extension === ".ts" ? ["-r", require.resolve("ts-node/register/transpile-only")] : [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      signal,
    });
    child.once("message", (proved: Proved) => {
      resolve(proved);
    });
    child.once("error", () => {
      resolve({ why: "The verifier's process failed" });
    });
    child.once("exit", () => {
      resolve({ why: "The verifier's process failed" });
    });
    child.send(asked, () => {});
    // The proof must not keep this process alive.
    child.unref();
    child.channel?.unref();
  });
}
