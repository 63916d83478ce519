import { runConformance } from ".";
import { conformanceCommand } from "./command";

// `npm run conformance -- DIR`: holds the interpreter against recordings of the real service.
void conformanceCommand("conformance", process.argv.slice(2), runConformance).then((code) => {
  process.exitCode = code;
});
