#!/usr/bin/env node
import Module = require("node:module");
import { command, complain } from "./command";
import { endBySignals } from "./ending";

// Where Node can, from 22.8 on, it keeps what it compiles: the next start is faster.
(Module as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough, as `head` has, changes nothing about how a command ends.
    if (error.code !== "EPIPE") process.exit(complain(error));
  });
}
// A program may fail where nothing waits for it.
process.on("unhandledRejection", (reason) => process.exit(complain(reason)));
endBySignals();
void command(process.argv.slice(2)).then((code) => (process.exitCode = code));
