import { arnsOf, type CloudOptions, LocalCloud, taskOf } from "../../local/cloud";
import type { DeployedFunction } from "../../local/lambda/function";
import type { Program, Resource } from "../../local/program";
import { TABLE } from "../../local/resources";
import type { Message } from "../../local/services/outbox";
import { inVirtualTime } from "../virtual";
import { capacityFor, poolOf } from "./capacity";
import type { Table } from "./content";
import { DYING, withTwins } from "./twins";

/** A program that runs here, for one scenario at a time. Its tables are emptied before each. */
export interface Stage {
  readonly start: ReturnType<typeof inVirtualTime>;
  readonly tables: readonly Table[];
  /** All that was sent, in order. */
  readonly sent: () => readonly Message[];
  /** The function of that ARN, or its twin with that suffix. */
  readonly functionAt: (arn: string, twin?: string) => DeployedFunction;
  /** Whether the program registers the function itself. An existing function has no twins. */
  readonly hasTwins: (functionArn: string) => boolean;
  readonly close: () => Promise<void>;
}

export interface StageOptions {
  /** The state machine on trial. */
  readonly machine: Resource;
  /** Starts the program. Default: `LocalCloud.start`. */
  readonly open?: (program: Program) => Promise<LocalCloud>;
}

/** Starts the program as often as this machine has capacity for. Close each stage at the end. */
export async function setUpStages(program: Program, machine: Resource, options: CloudOptions = {}): Promise<Stage[]> {
  const capacity = capacityFor(program, machine);
  const pool = poolOf(capacity);
  const stages: Stage[] = [];
  try {
    while (stages.length < capacity.stages) {
      const open = (twins: Program) => LocalCloud.start(twins, { ...options, pool });
      stages.push(await setUp(program, { machine, open }));
    }
    return stages;
  } catch (error) {
    await Promise.all(stages.map((stage) => stage.close()));
    throw error;
  }
}

/** Starts the program with the twins of its functions. Close the stage at the end. */
export async function setUp(
  registered: Program,
  { machine, open = (of) => LocalCloud.start(of) }: StageOptions,
): Promise<Stage> {
  const program = withTwins(registered);
  const cloud = await open(program);
  const tasks = new Map(program.resources.flatMap((each) => arnsOf(each).map((arn) => [arn, taskOf(each)] as const)));
  const functions = cloud.functions;
  return {
    start: inVirtualTime(program, cloud, machine.name),
    tables: tablesOf(cloud, program),
    sent: () => cloud.outbox.messages,
    hasTwins: (arn) => functions.has(`${tasks.get(arn) ?? arn}${DYING}`),
    functionAt(arn, twin = "") {
      const found = functions.get(`${tasks.get(arn) ?? arn}${twin}`);
      if (!found) throw new Error(`the program registers no function ${arn}`);
      return found;
    },
    close: () => cloud.close(),
  };
}

function tablesOf(cloud: LocalCloud, { resources }: Program): readonly Table[] {
  return [...cloud.tables].map(([name, table]) => {
    const { hashKey, rangeKey } = (resources.find((each) => each.type === TABLE && each.name === name)?.inputs ??
      {}) as Readonly<Record<string, string | undefined>>;
    return {
      name,
      keys: [hashKey, rangeKey].filter((key) => key !== undefined),
      rows: () => table.rows(),
      clear: () => table.clear(),
    };
  });
}
