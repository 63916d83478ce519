import { task } from "saga-aws-pulumi";

/** What of `big.js` is used here. */
interface Decimal {
  readonly times: (factor: string) => Decimal;
  readonly div: (divisor: number) => Decimal;
  readonly toFixed: (places: number) => string;
}

/** What the marketplace keeps of a sale, to the cent. */
export const quote = task<{ readonly total: number }, { readonly fee: string }>("quote", {
  // Shipped with this function, and with no other. It is loaded at the cold start.
  packages: ["big.js"],
  handler: () => {
    const decimal = require("big.js") as (value: number) => Decimal;
    return ({ total }) => Promise.resolve({ fee: decimal(total).times("0.085").div(100).toFixed(2) });
  },
});
