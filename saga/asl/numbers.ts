/**
 * Numbers no further from 0 than this have a sum, a difference and a product: JSONata raises an error for what outgrows a
 * double.
 */
export const FURTHEST = "1e150";

/** Text of this form is a number that a double holds: `$number` raises an error for what it can't read. */
export const NUMERIC = "^-?\\d\\d{0,14}(\\.\\d{1,15})?([Ee][-+]?\\d{1,2})?$";
