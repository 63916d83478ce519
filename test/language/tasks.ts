import { type AsJson, task, type Task } from "../../saga/language";

/** A task that never runs: these tests only compile sagas. */
export function stub<In extends object, Out extends AsJson<Out>>(name: string): Task<In, Out> {
  return task<In, Out>(name, {
    table: [],
    handler: () => () => Promise.reject(new Error(`${name} is a stub`)),
  });
}

export const reserve = stub<{ sku: string; count?: number }, { reservation: string; lines: { sku: string }[] }>(
  "reserve",
);
export const release = stub<{ sku: string; reservation?: string }, { released: boolean }>("release");
export const charge = stub<{ reservation: string; card?: string }, { charge: string }>("charge");
export const refund = stub<{ charge?: string; count?: number }, { refunded: boolean }>("refund");

export interface Purchase {
  sku: string;
  count: number;
  card: string;
  note?: string;
  tags: string[];
}
