import { readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Inputs = Readonly<Record<string, unknown>>;

/** A resource as AWS has it. */
export interface Held {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly arn: string;
  /** How often it has been changed; of what publishes versions, the number of the last one. */
  readonly revision: number;
  readonly inputs: Inputs;
}

/** An account in a folder: a file for each resource. So the test sees what the provider, a process of its own, has made. */
export class Storage {
  constructor(private readonly folder: string) {}

  all(): readonly Held[] {
    return readdirSync(this.folder).map((id) => this.get(id));
  }

  get(id: string): Held {
    return JSON.parse(readFileSync(join(this.folder, id), "utf8")) as Held;
  }

  create(resource: Held): void {
    writeFileSync(join(this.folder, resource.id), JSON.stringify(resource), { flag: "wx" });
  }

  update(resource: Held): void {
    writeFileSync(join(this.folder, resource.id), JSON.stringify(resource));
  }

  delete(id: string): void {
    unlinkSync(join(this.folder, id));
  }
}
