/** The outcome of an order. Any other text describes a wrong outcome. */
export type Outcome = "completed" | "compensated" | (string & {});

export interface Order {
  readonly id: string;
  /** Whether its third step, the shipment, refuses it. */
  readonly fails: boolean;
}

/** A system that runs the order saga, in a process of its own. */
export interface System {
  readonly title: string;
  /**
   * Whether the steps are functions that write rows, or stand-ins that answer at once. Only systems with the same steps
   * are compared.
   */
  readonly steps: "functions" | "stand-ins";
  /** The owner of the software: this repository, or a peer. */
  readonly of: "this" | Peer;
  /** The numbers of orders at once that it is measured with. By default all requested ones. */
  readonly atOnce?: readonly number[];
  /**
   * @param folder The folder for its data. It is removed after the run.
   * @throws Unavailable if this machine lacks something that it needs
   */
  open(folder: string): Promise<OpenSystem>;
}

/** The peers that run the same saga. */
export type Peer = "Restate" | "DBOS";

export interface OpenSystem {
  run(order: Order): Promise<Outcome>;
  close(): Promise<void>;
}
