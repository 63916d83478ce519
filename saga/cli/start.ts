import type { Json } from "../interpreter";
import type { LocalCloud } from "../local/cloud";
import type { ExecutionReport } from "../local/report";
import { mainMachine } from "../local/resources";
import { adviceOn } from "./advice";
import { type Answers, answerCommand, checkAnswers, type LoadedProgram, looksOf, withCloud } from "./program";
import { printExecution, printJson } from "./print";

export const EXIT: Readonly<Record<ExecutionReport["outcome"], number>> = {
  completed: 0,
  compensated: 3,
  stuck: 4,
  waiting: 5,
};

/** `saga start`: runs one execution of a saga. */
export function start(
  loaded: LoadedProgram,
  { saga, input, answers, json }: { saga?: string | undefined; input: Json; answers: Answers; json: boolean },
): Promise<number> {
  // Reports an unknown name before anything starts.
  const { name } = mainMachine(loaded.program, saga);
  checkAnswers(loaded.program, answers, "--answer and --fail");
  const answer = (state: string) => answers[state];
  return withCloud(loaded, { answer }, async (cloud: LocalCloud) => {
    const { report, visits } = await cloud.execute(input, name);
    if (json) printJson([report]);
    else {
      const hint = report.waiting && answerCommand(loaded, { saga: name, input, waiting: report.waiting });
      const advice = adviceOn(loaded.program);
      printExecution({ report, visits, tables: looksOf(loaded.program), hint, advice });
    }
    return EXIT[report.outcome];
  });
}
