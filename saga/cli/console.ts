import { type ConsoleOptions, ConsoleServer, CONSOLE_PATH, type KnownMachine } from "../console/server";
import { endpointTarget } from "../control/target";
import type { Declaration } from "../asl/declaration";
import type { LocalCloud } from "../local/cloud";
import type { PlainProgram } from "../local/dev/follow";
import { machinesOf, sagaOf, startableMachines } from "../local/resources";
import { maskedJson, printNote } from "./print";
import { readExamples } from "./run";

/** The console of a program that runs here, on the cloud's own port. */
export class DevConsole {
  /** What answers below the console's path. */
  readonly site = {
    path: CONSOLE_PATH.replace(/\/$/, ""),
    answer: async (...[incoming, outgoing]: Parameters<ConsoleServer["answer"]>): Promise<void> => {
      if (this.server) await this.server.answer(incoming, outgoing);
      // It is not deployed yet.
      else outgoing.writeHead(503, { "Retry-After": "1", "Content-Length": 0 }).end();
    },
  };
  private server: ConsoleServer | undefined;
  private known: ReadonlyMap<string, KnownMachine> = new Map();

  /** @param folder The program's, which has its examples. */
  constructor(private readonly folder: string) {}

  /** Takes in a release that is deployed. */
  async follow(cloud: LocalCloud, program: PlainProgram): Promise<void> {
    this.known = knownMachines(cloud, program, await this.examples());
    if (this.server) this.server.changed();
    else {
      const { endpoint } = cloud;
      const { region } = cloud.place();
      const options: ConsoleOptions = {
        target: { ...endpointTarget(endpoint, { AWS_REGION: region }), kind: "local" },
        writable: true,
        known: () => this.known,
        dynamoDB: once(async () => {
          const { DynamoDBClient } = await import("@aws-sdk/client-dynamodb");
          return new DynamoDBClient({ endpoint, region, credentials: LOCAL });
        }),
        faults: cloud.faults,
        mask: maskedJson,
      };
      this.server = new ConsoleServer(options);
    }
  }

  close(): void {
    this.server?.close();
  }

  /** A program need not have any, and one that can't be read keeps nothing from running. */
  private async examples(): Promise<Awaited<ReturnType<typeof readExamples>>> {
    try {
      return await readExamples(this.folder);
    } catch (error) {
      if (!/^there are no examples/.test((error as Error).message)) printNote((error as Error).message);
      return [];
    }
  }
}

const LOCAL = { accessKeyId: "local", secretAccessKey: "local" };

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** What a program says of its machines, by their ARNs. */
function knownMachines(
  cloud: LocalCloud,
  program: PlainProgram,
  examples: Awaited<ReturnType<typeof readExamples>>,
): ReadonlyMap<string, KnownMachine> {
  const startable = startableMachines(program);
  const isOf = (saga: string | undefined, name: string, own: string | undefined): boolean =>
    saga === undefined ? startable.length === 1 : saga === name || saga === own;
  return new Map(
    machinesOf(program).flatMap((machine): (readonly [string, KnownMachine])[] => {
      const { arn, name } = machine;
      if (arn === undefined) return [];
      const declaration = program.declarations?.get(name) as Declaration | undefined;
      const own = sagaOf(machine);
      const ofMachine = startable.includes(machine) ? examples.filter(({ saga }) => isOf(saga, name, own)) : [];
      return [
        [
          arn,
          {
            name,
            startArn: cloud.aliasOf(arn) ?? arn,
            startable: startable.includes(machine),
            ...(declaration && { declaration }),
            examples: ofMachine.map(({ title, input }, at) => ({ name: title ?? `Example ${at + 1}`, input })),
          },
        ],
      ];
    }),
  );
}
