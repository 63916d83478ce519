import { task } from "saga-aws-pulumi";

/** The part of `big.js` that is used here. */
interface Decimal {
  readonly times: (factor: string) => Decimal;
  readonly div: (divisor: number) => Decimal;
  readonly toFixed: (places: number) => string;
}

/** The marketplace's fee for a sale, to the cent. */
export const quote = task<{ readonly total: number }, { readonly fee: string }>("quote", {
  // Only this function's archive contains the package.
  packages: ["big.js"],
  handler: () => {
    const decimal = require("big.js") as (value: number) => Decimal;
    return ({ total }) => Promise.resolve({ fee: decimal(total).times("0.085").div(100).toFixed(2) });
  },
});
