/**
 * Numbers up to this magnitude have a sum, a difference and a product. JSONata raises an error for a result larger than a
 * double.
 */
export const FURTHEST = "1e150";

/** A text of this form is a number within a double. `$number` raises an error for any other text. */
export const NUMERIC = "^-?\\d\\d{0,14}(\\.\\d{1,15})?([Ee][-+]?\\d{1,2})?$";
