import { runConformance } from "../../../saga/interpreter/conformance";
import { conformanceCommand } from "../../../saga/interpreter/conformance/command";
import { withConformanceWire } from "./conformance";

// `npm run conformance:wire -- DIR`: compares Step Functions on the wire with recordings of the real service.
void conformanceCommand("conformance:wire", process.argv.slice(2), (folder) =>
  withConformanceWire((compare) => runConformance(folder, compare)),
).then((code) => {
  process.exitCode = code;
});
