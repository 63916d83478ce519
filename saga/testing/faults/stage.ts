import type { Json } from "../../interpreter";
import { arnsOf, LocalCloud, taskOf } from "../../local/cloud";
import type { DeployedFunction } from "../../local/lambda/function";
import type { Program, Resource } from "../../local/program";
import { inVirtualTime } from "../virtual";
import type { Table } from "./content";
import { withTwins } from "./twins";

/** What was sent to a service that is not on this machine. */
export interface Message {
  /** The state that sent it, or the function's task. */
  readonly from: string;
  readonly action: string;
  readonly request: Json;
}

/** A program that runs here, for one scenario at a time: its tables are emptied before each. */
export interface Stage {
  readonly start: ReturnType<typeof inVirtualTime>;
  readonly tables: readonly Table[];
  /** All that was sent, in order. */
  readonly sent: () => readonly Message[];
  /** The function of that ARN, or its twin of that name. */
  readonly functionAt: (arn: string, twin?: string) => DeployedFunction;
  readonly close: () => Promise<void>;
}

export interface StageOptions {
  /** The state machine on trial. */
  readonly machine: Resource;
  /** Starts the program, in place of how it is started where nothing else is said. */
  readonly open?: (program: Program) => Promise<LocalCloud>;
}

/** Starts the program with the twins of its functions. Close it in the end. */
export async function setUp(
  registered: Program,
  { machine, open = (of) => LocalCloud.start(of) }: StageOptions,
): Promise<Stage> {
  const program = withTwins(registered);
  const cloud = await open(program);
  const tasks = new Map(program.resources.flatMap((each) => arnsOf(each).map((arn) => [arn, taskOf(each)] as const)));
  const functions = cloud.functions;
  return {
    start: inVirtualTime({ ...program, outputs: { stateMachineArn: machine.arn } }, cloud),
    tables: tablesOf(cloud, program),
    sent: () => [],
    functionAt(arn, twin = "") {
      const found = functions.get(`${tasks.get(arn) ?? arn}${twin}`);
      if (!found) throw new Error(`the program registers no function ${arn}`);
      return found;
    },
    close: () => cloud.close(),
  };
}

function tablesOf({ table }: LocalCloud, { resources }: Program): readonly Table[] {
  return resources
    .filter(({ type }) => type === "aws:dynamodb/table:Table")
    .map(({ name, inputs: { hashKey, rangeKey } }) => ({
      name,
      keys: ([hashKey, rangeKey] as readonly (string | undefined)[]).filter((key) => key !== undefined),
      rows: () => table.rows(),
      clear: () => table.clear(),
    }));
}
