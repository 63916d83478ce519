import type { Declaration } from "../asl/declaration";
import { type ConsoleOptions, ConsoleServer, CONSOLE_PATH, type KnownMachine } from "../console/server";
import { endpointTarget } from "../control/target";
import type { LocalCloud } from "../local/cloud";
import type { PlainProgram } from "../local/dev/follow";
import { machinesOf, sagaOf, startableMachines } from "../local/resources";
import { maskedJson, printNote } from "./print";
import { type Example, readExamples } from "./run";

/** The console of a program that runs here, on the cloud's own port. */
export class DevConsole {
  /** The handler of requests below the console's path. */
  readonly site = {
    path: CONSOLE_PATH.replace(/\/$/, ""),
    answer: async (...[incoming, outgoing]: Parameters<ConsoleServer["answer"]>): Promise<void> => {
      if (this.server) await this.server.answer(incoming, outgoing);
      // The program is not deployed yet.
      else outgoing.writeHead(503, { "Retry-After": "1", "Content-Length": 0 }).end();
    },
  };
  private server: ConsoleServer | undefined;
  private known: ReadonlyMap<string, KnownMachine> = new Map();

  /** @param folder The folder of the program, with its examples. */
  constructor(private readonly folder: string) {}

  /** Shows a release that has been deployed. */
  async follow(cloud: LocalCloud, program: PlainProgram): Promise<void> {
    const said = knownMachines(program, await examplesIn(this.folder));
    this.known = new Map(
      machinesOf(program).flatMap(({ name, arn = "" }) => {
        const startArn = cloud.aliasOf(arn);
        const known = said.get(name);
        return known ? [[arn, { ...known, ...(startArn !== undefined && { startArn }) }] as const] : [];
      }),
    );
    if (this.server) this.server.changed();
    else this.server = new ConsoleServer(this.optionsOf(cloud));
  }

  close(): void {
    this.server?.close();
  }

  private optionsOf(cloud: LocalCloud): ConsoleOptions {
    const { endpoint, faults } = cloud;
    const { region } = cloud.place();
    return {
      target: { ...endpointTarget(endpoint, { AWS_REGION: region }), kind: "local" },
      writable: true,
      dynamoDB: once(async () => {
        const { DynamoDBClient } = await import("@aws-sdk/client-dynamodb");
        return new DynamoDBClient({ endpoint, region, credentials: LOCAL });
      }),
      known: (arn) => this.known.get(arn),
      faults,
      mask: maskedJson,
    };
  }
}

const LOCAL = { accessKeyId: "local", secretAccessKey: "local" };

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** The program's examples; an empty list if there are none, or if they can't be read. */
export async function examplesIn(folder: string): Promise<readonly Example[]> {
  try {
    return await readExamples(folder);
  } catch (error) {
    const { message } = error as Error;
    if (!message.startsWith("there are no examples")) printNote(message);
    return [];
  }
}

/** What the console knows of a program's machines, by their registered names. */
export function knownMachines(program: PlainProgram, examples: readonly Example[]): ReadonlyMap<string, KnownMachine> {
  const startable = startableMachines(program);
  return new Map(
    machinesOf(program).map((machine) => {
      const { name } = machine;
      const isStartable = startable.includes(machine);
      const declaration = program.declarations?.get(name) as Declaration | undefined;
      const own = isStartable
        ? examples.filter(({ saga }) => namesOf(machine).includes(saga ?? onlyOf(startable)))
        : [];
      const known: KnownMachine = {
        name,
        startable: isStartable,
        ...(declaration && { declaration }),
        examples: own.map(({ title, input }, at) => ({ name: title ?? `Example ${at + 1}`, input })),
      };
      return [name, known] as const;
    }),
  );
}

type Machine = ReturnType<typeof machinesOf>[number];

/** The names by which an example may name a machine. */
const namesOf = (machine: Machine): readonly (string | undefined)[] => [machine.name, sagaOf(machine)];

/** The machine of an example that names none. */
const onlyOf = ([first, ...more]: readonly Machine[]): string | undefined =>
  more.length === 0 ? first?.name : undefined;
