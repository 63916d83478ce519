/**
 * Ends the title of a test that takes long, and seldom finds what no other finds. `npm test` leaves these to
 * `npm run test:rest`; `npm run test:all` runs both, and so does mocha where it is given a file.
 */
export const SLOW = "@slow";

/**
 * How many cases a test of a property tries: a few for whoever runs `npm test`, and all of them.
 * @returns how many, and what ends the test's title
 */
export const sizes = (all: number, few = all / 10): readonly (readonly [cases: number, mark: string])[] => [
  [Math.ceil(few), ""],
  [all, ` ${SLOW}`],
];
