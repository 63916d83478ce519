import { takeCoverage } from "node:v8";
import * as fc from "fast-check";

// Property tests have the same cases on every machine. FAST_CHECK_SEED selects others.
fc.configureGlobal({ seed: Number(process.env["FAST_CHECK_SEED"] ?? 1) });

const WRITE_EVERY_MS = 20_000;
let written = Date.now();

/**
 * Writes the coverage so far after a file of tests. Mocha kills its processes one second after the last test, and one that is
 * still writing its whole coverage then would lose all of it.
 */
export const mochaHooks = {
  afterAll(): void {
    if (process.env["NODE_V8_COVERAGE"] === undefined || Date.now() - written < WRITE_EVERY_MS) return;
    takeCoverage();
    written = Date.now();
  },
};
