import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type JournalEntry, type Json, type JsonObject, loadMachine, readJournal } from "../../interpreter";
import type { DeadLetter } from "../asynchronous-calls";
import type { FunctionOptions } from "../lambda/function";
import type { Resource } from "../program";
import { EVENT_TARGET, ofType } from "../resources";
import type { KeptMessage, Message } from "../services/outbox";
import type { ExecutionJournal, KeptExecution, StartedAs } from "../step-functions/journal";
import type { Alias, MachineKeeper, Revision, StateMachine } from "../step-functions/machines";
import { checkTables, Store } from "./store";

/** A function in its deployed form, with its resource. */
export interface KeptFunction {
  readonly resource: Resource;
  readonly form: FunctionOptions;
}

/** An asynchronous call of a function that is not complete. */
export interface KeptCall {
  readonly key: string;
  readonly functionArn: string;
  /** The version that was current when the call was accepted. It runs the call if the program has dropped the function. */
  readonly versionArn?: string | undefined;
  readonly event: JsonObject;
}

/** A dead letter, and a function that deletes it from the folder. */
export interface KeptLetter {
  readonly letter: DeadLetter;
  readonly forget: () => void;
}

/** The content of the folder when it was opened. */
export interface Kept {
  readonly machines: readonly StateMachine[];
  readonly executions: readonly KeptExecution[];
  /** By the ARNs of their versions, or by their own if they have none. */
  readonly functions: ReadonlyMap<string, KeptFunction>;
  readonly messages: readonly KeptMessage[];
  readonly deadLetters: readonly KeptLetter[];
  readonly calls: readonly KeptCall[];
  /** What executions need of the last release, and of those before it that were still needed, beside their functions. */
  readonly standing: readonly Resource[];
  /**
   * The time of the last entry, in milliseconds. The clock continues from there, even if it is ahead of the real time.
   */
  readonly latest: number;
}

// The prefix of a key names the kind of its value.
const KEY = {
  execution: "x!",
  entry: "e!",
  /** An execution that has ended, and whose end is not published on the bus. */
  end: "p!",
  revision: "r!",
  machine: "m!",
  function: "f!",
  /** A file of a function's archive, by its hash. */
  file: "b!",
  message: "o!",
  deadLetter: "d!",
  call: "c!",
  standing: "i!",
};

/** A number with leading zeros, because LevelDB sorts keys as text. */
const ordered = (n: number, digits = 9): string => n.toString(36).padStart(digits, "0");
const hashOf = (...parts: readonly (string | Buffer)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
};

const END = /^Execution(Succeeded|Failed|Aborted|TimedOut)$/;

/** The number of an execution in its keys, and how many entries it has. */
interface Place {
  readonly number: number;
  entries: number;
  /** Set once the execution is removed: nothing may be written for it any more. */
  dropped?: true;
}

interface MachineRecord extends Omit<StateMachine, "revision" | "versions" | "aliases"> {
  readonly revision: string;
  readonly versions: readonly { readonly arn: string; readonly revision: string; readonly creationDate: number }[];
  readonly aliases: readonly Alias[];
}
type ExecutionRecord = Omit<StartedAs, "revision"> & { readonly revision: string };
type FunctionRecord = Omit<KeptFunction, "form"> & {
  readonly form: Omit<FunctionOptions, "code" | "files" | "contents">;
  /** The hashes of its files, by their paths. */
  readonly files: Readonly<Record<string, string>>;
};
type LetterRecord = Omit<DeadLetter, "reason"> & {
  readonly reason: { readonly name: string; readonly message: string };
};

/** The journal of a cloud: what survives the process, in a folder. */
export class Journal implements ExecutionJournal, MachineKeeper {
  private readonly places = new Map<string, Place>();
  private readonly known = new Set<string>();
  /** The keys of revisions, which are hashes of their content. */
  private readonly hashes = new WeakMap<Revision, string>();
  /** The hashes of a function's files, by the ARN of its version, or by its own if it has none. */
  private readonly files = new Map<string, readonly string[]>();
  private counter = 0;

  private constructor(
    private readonly store: Store,
    /** The folder of the tables. */
    readonly tables: string,
  ) {}

  /** @throws DataError */
  static async open(folder: string): Promise<{ readonly journal: Journal; readonly kept: Kept }> {
    const store = await Store.open(folder);
    const journal = new Journal(store, join(folder, "tables"));
    try {
      await checkTables(folder, journal.tables);
      return { journal, kept: await journal.read() };
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.store.close();
  }

  durable(): Promise<void> {
    return this.store.durable();
  }

  begin({ revision, ...started }: StartedAs): (entry: JournalEntry) => void {
    const place = { number: ++this.counter, entries: 0 };
    this.places.set(started.arn, place);
    const record: ExecutionRecord = { ...started, revision: this.revision(revision) };
    this.store.put(`${KEY.execution}${ordered(place.number)}`, record);
    return this.entriesOf(place);
  }

  goOn(arn: string): (entry: JournalEntry) => void {
    return this.entriesOf(this.placeOf(arn));
  }

  private entriesOf(place: Place): (entry: JournalEntry) => void {
    const at = ordered(place.number);
    return (entry) => {
      if (place.dropped) return;
      this.store.put(`${KEY.entry}${at}!${ordered(place.entries++, 5)}`, entry);
      if ("type" in entry && END.test(entry.type)) this.store.put(`${KEY.end}${at}`, true);
    };
  }

  told(arn: string): void {
    const place = this.places.get(arn);
    if (place) this.store.delete(`${KEY.end}${ordered(place.number)}`);
  }

  drop(arn: string): void {
    const place = this.placeOf(arn);
    const { number, entries } = place;
    place.dropped = true;
    const at = ordered(number);
    for (let index = 0; index < entries; index++) this.store.delete(`${KEY.entry}${at}!${ordered(index, 5)}`);
    this.store.delete(`${KEY.execution}${at}`);
    this.store.delete(`${KEY.end}${at}`);
    this.places.delete(arn);
  }

  machine({ revision, versions, aliases, ...machine }: StateMachine): void {
    const record: MachineRecord = {
      ...machine,
      revision: this.revision(revision),
      versions: [...versions.values()].map((each) => ({ ...each, revision: this.revision(each.revision) })),
      aliases: [...aliases.values()],
    };
    this.store.put(`${KEY.machine}${machine.arn}`, record);
  }

  machineDeleted(arn: string): void {
    this.store.delete(`${KEY.machine}${arn}`);
  }

  /** Stores a function. A version never changes. A function without versions is replaced. */
  function({ resource, form }: KeptFunction): void {
    const { arn, versionArn } = resource;
    const key = `${KEY.function}${versionArn ?? arn}`;
    if (versionArn !== undefined && this.known.has(key)) return;
    const { name, handler, environment, timeoutSeconds, memory, code, files = {} } = form;
    const contents = [
      ...Object.entries(code).map(([path, text]) => [path, Buffer.from(text)] as const),
      ...Object.entries(files).map(([path, from]) => [path, readFileSync(from)] as const),
    ];
    const record: FunctionRecord = {
      resource: {
        type: resource.type,
        name: resource.name,
        inputs: { role: resource.inputs["role"], tags: resource.inputs["tags"] },
        ...(resource.physicalName !== undefined && { physicalName: resource.physicalName }),
        ...(arn !== undefined && { arn }),
        ...(versionArn !== undefined && { versionArn }),
      },
      form: { name, handler, environment, timeoutSeconds, memory },
      files: Object.fromEntries(contents.map(([path, content]) => [path, this.file(content)])),
    };
    this.known.add(key);
    this.files.set(versionArn ?? (arn as string), Object.values(record.files));
    this.store.put(key, record);
  }

  /**
   * Deletes the functions and revisions that nothing needs any more, and the files of such functions.
   * @param functions The ARNs of the needed functions' versions, or their own if they have none.
   */
  keepOnly(functions: ReadonlySet<string>, revisions: Iterable<Revision>): void {
    for (const arn of [...this.files.keys()]) {
      if (functions.has(arn)) continue;
      this.files.delete(arn);
      this.forget(`${KEY.function}${arn}`);
    }
    const needed = new Set<string>();
    for (const hashes of this.files.values()) for (const hash of hashes) needed.add(`${KEY.file}${hash}`);
    for (const each of revisions) needed.add(`${KEY.revision}${this.revision(each)}`);
    for (const key of [...this.known]) {
      const shared = key.startsWith(KEY.file) || key.startsWith(KEY.revision);
      if (shared && !needed.has(key)) this.forget(key);
    }
  }

  /**
   * Replaces the stored resources. Executions of a machine that a later release drops still need its role, and the rule
   * and the queue of its recovery.
   */
  standing(resources: readonly Resource[]): void {
    this.store.put(KEY.standing, resources);
  }

  message(message: Message): () => void {
    return this.numbered(KEY.message, message);
  }

  deadLetter({ queueArn, event, reason: { name, message } }: DeadLetter): () => void {
    return this.numbered(KEY.deadLetter, { queueArn, event, reason: { name, message } });
  }

  /** Stores a call before it is made. The returned function removes it, once it is complete. */
  call(call: Omit<KeptCall, "key">): () => void {
    return this.numbered(KEY.call, call);
  }

  /** Removes a call of an earlier process, once it is complete. */
  called({ key }: KeptCall): void {
    this.store.delete(`${KEY.call}${key}`);
  }

  private numbered(prefix: string, value: unknown): () => void {
    const key = `${prefix}${ordered(++this.counter)}`;
    this.store.put(key, value);
    return this.forgetting(key);
  }

  private forgetting(key: string): () => void {
    return () => {
      this.store.delete(key);
    };
  }

  private placeOf(arn: string): Place {
    const place = this.places.get(arn);
    if (!place) throw new Error(`the journal has no execution ${arn}`);
    return place;
  }

  private revision(revision: Revision): string {
    const { definition, roleArn, id, configuration } = revision;
    const stored: Omit<Revision, "machine"> = { definition, roleArn, configuration, ...(id !== undefined && { id }) };
    const hash = this.hashes.get(revision) ?? hashOf(JSON.stringify(stored));
    this.hashes.set(revision, hash);
    this.once(`${KEY.revision}${hash}`, stored);
    return hash;
  }

  private file(content: Buffer): string {
    const hash = hashOf(content);
    this.once(`${KEY.file}${hash}`, content.toString("base64"));
    return hash;
  }

  /** Stores a value that never changes. */
  private once(key: string, value: unknown): void {
    if (this.known.has(key)) return;
    this.known.add(key);
    this.store.put(key, value);
  }

  private async read(): Promise<Kept> {
    const { store } = this;
    const number = (key: string): number => {
      const at = parseInt(key, 36);
      this.counter = Math.max(this.counter, at);
      return at;
    };
    const revisions = new Map<string, Revision>();
    type Stored = Omit<Revision, "machine">;
    for await (const [hash, stored] of store.entries<Stored>(KEY.revision)) {
      try {
        const each: Revision = { ...stored, machine: loadMachine(JSON.parse(stored.definition) as Json) };
        revisions.set(hash, each);
        this.hashes.set(each, hash);
      } catch (error) {
        throw store.unusable("the definition of a state machine", error);
      }
      this.known.add(`${KEY.revision}${hash}`);
    }
    const revision = (hash: string): Revision => {
      const found = revisions.get(hash);
      if (!found) throw store.damaged(`${KEY.revision}${hash}`);
      return found;
    };

    const machines: StateMachine[] = [];
    for await (const [, { aliases, versions, ...machine }] of store.entries<MachineRecord>(KEY.machine)) {
      machines.push({
        ...machine,
        revision: revision(machine.revision),
        versions: new Map(versions.map((each) => [each.arn, { ...each, revision: revision(each.revision) }])),
        aliases: new Map(aliases.map((each) => [each.arn, each])),
      });
    }

    const ends = new Set<string>();
    for await (const [at] of store.entries(KEY.end)) ends.add(at);
    /** The entries of each execution, with their numbers. */
    const written = new Map<string, (readonly [index: string, entry: JournalEntry])[]>();
    for await (const [key, entry] of store.entries<JournalEntry>(KEY.entry)) {
      const [at = "", index = ""] = key.split("!");
      const there = written.get(at);
      if (there) there.push([index, entry]);
      else written.set(at, [[index, entry]]);
    }
    const executions: KeptExecution[] = [];
    let latest = 0;
    for await (const [at, record] of store.entries<ExecutionRecord>(KEY.execution)) {
      const entries: JournalEntry[] = [];
      for (const [index, entry] of written.get(at) ?? []) {
        if (index !== ordered(entries.length, 5)) break;
        entries.push(entry);
        latest = Math.max(latest, timeOf(entry));
      }
      // An entry after a gap would be mixed up with the next entries.
      if (entries.length < (written.get(at)?.length ?? 0)) {
        throw store.damaged(`${KEY.entry}${at}!${ordered(entries.length, 5)}`);
      }
      written.delete(at);
      const run = revision(record.revision);
      try {
        readJournal(run.machine, entries);
      } catch (error) {
        throw store.unusable(`the journal of ${record.arn}`, error);
      }
      this.places.set(record.arn, { number: number(at), entries: entries.length });
      executions.push({ ...record, revision: run, entries, untold: ends.has(at) });
    }
    for (const at of written.keys()) throw store.damaged(`${KEY.execution}${at}`);

    const messages: KeptMessage[] = [];
    for await (const [at, message] of store.entries<Message>(KEY.message)) {
      number(at);
      messages.push({ message, forget: this.forgetting(`${KEY.message}${at}`) });
    }
    const deadLetters: KeptLetter[] = [];
    for await (const [at, { reason, ...letter }] of store.entries<LetterRecord>(KEY.deadLetter)) {
      number(at);
      deadLetters.push({
        letter: { ...letter, reason: Object.assign(new Error(reason.message), { name: reason.name }) },
        forget: this.forgetting(`${KEY.deadLetter}${at}`),
      });
    }
    const calls: KeptCall[] = [];
    for await (const [key, call] of store.entries<Omit<KeptCall, "key">>(KEY.call)) {
      number(key);
      calls.push({ key, ...call });
    }
    const standing: Resource[] = [];
    for await (const [, stored] of store.entries<readonly Resource[]>(KEY.standing)) standing.push(...stored);
    const used = new Set(
      [...machines.flatMap((each) => [each, ...each.versions.values()]), ...executions].map((each) => each.revision),
    );
    for (const [hash, each] of revisions) if (!used.has(each)) this.forget(`${KEY.revision}${hash}`);
    const definitions = [...used].map(({ definition }) => definition);
    const called = new Set<unknown>(calls.map(({ functionArn, versionArn = functionArn }) => versionArn));
    for (const { inputs } of ofType({ resources: standing }, EVENT_TARGET)) called.add(inputs["arn"]);
    const functions = await this.readFunctions(
      (arn, versionArn = arn) =>
        called.has(arn) || called.has(versionArn) || definitions.some((each) => each.includes(versionArn)),
    );
    return { machines, executions, functions, messages, deadLetters, calls, standing, latest };
  }

  /** Deletes such a value, once nothing refers to it. */
  private forget(key: string): void {
    this.known.delete(key);
    this.store.delete(key);
  }

  private async readFunctions(
    needed: (arn: string, versionArn?: string) => boolean,
  ): Promise<ReadonlyMap<string, KeptFunction>> {
    const { store, known } = this;
    const kept = new Map<string, string>();
    for await (const [hash, content] of store.entries<string>(KEY.file)) {
      kept.set(hash, content);
      known.add(`${KEY.file}${hash}`);
    }
    const functions = new Map<string, KeptFunction>();
    const used = new Set<string>();
    for await (const [arn, { resource, form, files }] of store.entries<FunctionRecord>(KEY.function)) {
      if (!needed(resource.arn ?? arn, arn)) {
        this.forget(`${KEY.function}${arn}`);
        continue;
      }
      const contents = Object.entries(files).map(([path, hash]) => {
        const content = kept.get(hash);
        used.add(hash);
        if (content === undefined) throw store.damaged(`${KEY.file}${hash}`);
        return [path, Buffer.from(content, "base64")] as const;
      });
      functions.set(arn, { resource, form: { ...form, code: {}, contents: Object.fromEntries(contents) } });
      this.files.set(arn, Object.values(files));
      known.add(`${KEY.function}${arn}`);
    }
    for (const hash of kept.keys()) if (!used.has(hash)) this.forget(`${KEY.file}${hash}`);
    return functions;
  }
}

const timeOf = (entry: JournalEntry): number => ("timestamp" in entry ? entry.timestamp : "at" in entry ? entry.at : 0);
