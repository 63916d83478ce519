import type { Json } from "../interpreter";
import type { LocalCloud } from "../local/cloud";
import type { ExecutionReport } from "../local/report";
import { mainMachine, sagaOf } from "../local/resources";
import { adviceOn } from "./advice";
import {
  type Answers,
  answerCommand,
  checkAnswers,
  checkInput,
  type LoadedProgram,
  looksOf,
  withCloud,
} from "./program";
import { printExecution, printJson } from "./print";

export const EXIT: Readonly<Record<ExecutionReport["outcome"], number>> = {
  completed: 0,
  compensated: 3,
  stuck: 4,
  waiting: 5,
};

interface Started {
  readonly saga?: string | undefined;
  readonly input: Json;
  /** The name of the execution. Default: a random one. */
  readonly name?: string | undefined;
  readonly answers: Answers;
  readonly json: boolean;
}

/** `saga start`: runs one execution of a saga. */
export function start(loaded: LoadedProgram, { saga, input, name: given, answers, json }: Started): Promise<number> {
  // Reports an unknown name before anything starts.
  const machine = mainMachine(loaded.program, saga);
  const { name } = machine;
  const declared = sagaOf(machine);
  if (declared !== undefined) checkInput(declared, input);
  checkAnswers(loaded.program, answers, "--answer and --fail");
  const answer = (state: string) => answers[state];
  return withCloud(loaded, { answer }, async (cloud: LocalCloud) => {
    const { report, visits } = await cloud.execute(input, name, given);
    if (json) printJson([report]);
    else {
      const hint = report.waiting && answerCommand(loaded, { saga: name, input, name: given, waiting: report.waiting });
      const advice = adviceOn(loaded.program);
      printExecution({ report, visits, tables: looksOf(loaded.program), hint, advice });
    }
    return EXIT[report.outcome];
  });
}
