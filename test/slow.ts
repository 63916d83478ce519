/**
 * The end of the title of a test that takes long and seldom finds something that no other test finds. `npm test` leaves
 * these tests out, and `npm run test:rest` runs them. `npm run test:all` and mocha with a file run all tests.
 */
export const SLOW = "@slow";

/**
 * The numbers of cases of a property test: a few for `npm test`, and all of them.
 * @returns each number with the end of the test's title
 */
export const sizes = (all: number, few = all / 10): readonly (readonly [cases: number, mark: string])[] => [
  [Math.ceil(few), ""],
  [all, ` ${SLOW}`],
];
