// Loaded first by each process of Node below a command that is timed: leaves the most memory that it held, in KiB.
const { writeFileSync } = require("node:fs");
const process = require("node:process");

process.on("exit", () => {
  const { TIMED } = process.env;
  if (TIMED) writeFileSync(`${TIMED}/${process.pid}.peak`, String(process.resourceUsage().maxRSS));
});
