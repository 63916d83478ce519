/** What an order comes to. Whatever is neither of the two is told as it is. */
export type Outcome = "completed" | "compensated" | (string & {});

export interface Order {
  readonly id: string;
  /** Whether its third step, the shipment, refuses it. */
  readonly fails: boolean;
}

/** Something that runs the order saga, opened in a process of its own. */
export interface System {
  readonly title: string;
  /** The steps are functions that write rows, or stand-ins that answer at once: like is compared with like. */
  readonly steps: "functions" | "stand-ins";
  /** Whose software it is: this repository's, or a peer's. */
  readonly of: "this" | Peer;
  /** How many at once it is measured with; all that are asked for unless said. */
  readonly atOnce?: readonly number[];
  /**
   * @param folder Where it may keep what it writes: it is removed after the run
   * @throws Unavailable where this machine does not have what it needs
   */
  open(folder: string): Promise<OpenSystem>;
}

/** Of the peers, those that run the same saga. */
export type Peer = "Restate" | "DBOS";

export interface OpenSystem {
  run(order: Order): Promise<Outcome>;
  close(): Promise<void>;
}
