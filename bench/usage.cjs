// Each Node process of a timed command loads this file first. It writes the process's peak memory, in KiB.
const { writeFileSync } = require("node:fs");
const process = require("node:process");

process.on("exit", () => {
  const { TIMED } = process.env;
  if (TIMED) writeFileSync(`${TIMED}/${process.pid}.peak`, String(process.resourceUsage().maxRSS));
});
