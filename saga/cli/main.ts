#!/usr/bin/env node
import Module = require("node:module");
import { command, complain } from "./command";
import { endBySignals } from "./ending";

// From 22.8 on, Node can cache compiled code, which makes the next start faster.
(Module as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // A reader that closes the pipe early, such as `head`, does not change how a command ends.
    if (error.code !== "EPIPE") process.exit(complain(error));
  });
}
// A promise of the program that nobody awaits may reject.
process.on("unhandledRejection", (reason) => process.exit(complain(reason)));
endBySignals();
void command(process.argv.slice(2)).then((code) => (process.exitCode = code));
