import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { DataError } from "./data-error";

/** The kind and the format of a folder's content. A release with another format changes the number. */
const FORMAT = { kind: "saga-aws-pulumi local data", format: 1 };
const FORMAT_FILE = "format.json";

type Operation =
  | { readonly type: "put"; readonly key: string; readonly value: string }
  | { readonly type: "del"; readonly key: string };

interface Batch {
  readonly operations: Operation[];
  readonly written: Promise<void>;
  readonly settle: (error?: Error) => void;
}

/**
 * A key-value store in a folder. It survives the end of the process, even by a kill: LevelDB passes each batch to the
 * operating system before it reports it as written. It does not sync to the disk, so a power failure may lose the
 * latest batches. Values that are put in one turn, such as an execution and its first entry, are in one batch: all of
 * them are stored, or none. Values that are put during a write form the next batch.
 */
export class Store {
  private next = newBatch();
  private writing: Batch | undefined;
  private isWriting = false;
  private failure: Error | undefined;
  private closed = false;

  private constructor(
    private readonly folder: string,
    private readonly db: ClassicLevel,
  ) {}

  /**
   * Opens the folder. Creates it if it does not exist.
   * @throws DataError if it is in use, has other files in it, has another format, or is damaged
   */
  static async open(folder: string): Promise<Store> {
    claim(folder);
    const db = new ClassicLevel(join(folder, "journal"));
    await opened(db, folder);
    return new Store(folder, db);
  }

  put(key: string, value: unknown): void {
    this.add({ type: "put", key, value: JSON.stringify(value) });
  }

  delete(key: string): void {
    this.add({ type: "del", key });
  }

  /** Resolves once all values so far are written. Rejects if a write has failed. */
  durable(): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    if (this.closed) return Promise.reject(new DataError(`the data in ${this.folder} is closed`));
    if (this.next.operations.length > 0) return this.next.written;
    return this.writing?.written ?? Promise.resolve();
  }

  /** The entries whose keys begin with a prefix, in the order of their keys. The prefix is removed from the keys. */
  async *entries<T>(prefix: string): AsyncIterable<readonly [key: string, value: T]> {
    for await (const [key, text] of this.texts(prefix)) {
      let value: T;
      try {
        value = JSON.parse(text) as T;
      } catch (error) {
        throw new DataError(`the data in ${this.folder} is damaged at '${key}': move it away, or use another folder`, {
          cause: error,
        });
      }
      yield [key.slice(prefix.length), value];
    }
  }

  private async *texts(prefix: string): AsyncIterable<readonly [key: string, text: string]> {
    try {
      yield* this.db.iterator({ gte: prefix, lt: `${prefix}\uffff` });
    } catch (error) {
      throw unreadable(this.folder, (error as Error).message, error);
    }
  }

  /** The error for a value that this release can't use. */
  unusable(what: string, why: unknown): DataError {
    return new DataError(
      `${what} in ${this.folder} can't be used by this release: ${(why as Error).message}. The folder was not changed: use the ` +
        "release that wrote it, or another folder",
      { cause: why },
    );
  }

  /** The error for a missing value that another value refers to. */
  damaged(key: string): DataError {
    return new DataError(
      `the data in ${this.folder} is damaged: '${key}' is missing. Move it away, or use another folder`,
    );
  }

  /** Writes all values so far. Later ones are ignored. */
  async close(): Promise<void> {
    if (this.closed) return;
    const durable = this.durable();
    this.closed = true;
    await durable.catch(() => {});
    await this.db.close();
  }

  private add(operation: Operation): void {
    if (this.closed) return;
    this.next.operations.push(operation);
    if (!this.isWriting) void this.write();
  }

  private async write(): Promise<void> {
    this.isWriting = true;
    // The same turn may put more values into this batch.
    await Promise.resolve();
    while (this.next.operations.length > 0 && !this.failure) {
      const batch = this.next;
      this.writing = batch;
      this.next = newBatch();
      try {
        await this.db.batch(batch.operations);
        batch.settle();
      } catch (error) {
        this.failure = new DataError(`the data in ${this.folder} can't be written: ${(error as Error).message}`, {
          cause: error,
        });
        batch.settle(this.failure);
        this.next.settle(this.failure);
      }
    }
    this.writing = undefined;
    this.isWriting = false;
  }
}

/**
 * Checks that the database of the tables in a folder can be opened. dynalite would say only that it is closed.
 * @throws DataError
 */
export async function checkTables(folder: string, tables: string): Promise<void> {
  if (!existsSync(tables)) return;
  const db = new ClassicLevel(tables);
  await opened(db, folder);
  await db.close();
}

async function opened(db: ClassicLevel, folder: string): Promise<void> {
  try {
    await db.open();
  } catch (error) {
    const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    if (code !== "LEVEL_LOCKED") throw unreadable(folder, message, error);
    throw new DataError(
      `the data in ${folder} is in use by another process: stop that process, or use another folder`,
      { cause: error },
    );
  }
}

const unreadable = (folder: string, why: string, cause: unknown): DataError =>
  new DataError(
    `the data in ${folder} can't be read: ${why}. It was not changed: repair it, move it away, or use another folder`,
    { cause },
  );

function newBatch(): Batch {
  let settle!: Batch["settle"];
  const written = new Promise<void>((resolve, reject) => {
    settle = (error) => {
      if (error) reject(error);
      else resolve();
    };
  });
  // `durable` reports a failure. An unhandled rejection would end the process.
  written.catch(() => {});
  return { operations: [], written, settle };
}

/** Checks that the folder is one of ours, or empty, before anything in it is opened. */
function claim(folder: string): void {
  const file = join(folder, FORMAT_FILE);
  if (!existsSync(file)) {
    const there = existsSync(folder) ? entriesOf(folder) : [];
    // A start that was interrupted may have left only this file.
    const foreign = there.filter((name) => name !== `${FORMAT_FILE}.new`);
    if (foreign.length > 0) {
      throw new DataError(
        `${folder} contains other files ('${foreign[0] as string}') and was not changed: use an empty folder, or one that does not exist`,
      );
    }
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${file}.new`, `${JSON.stringify(FORMAT)}\n`);
    renameSync(`${file}.new`, file);
    return;
  }
  const text = readFileSync(file, "utf8");
  if (text !== `${JSON.stringify(FORMAT)}\n`) {
    throw new DataError(
      `the data in ${folder} has another format (${text.trim().slice(0, 100)}) and was not changed: use another folder, or the release that wrote it`,
    );
  }
  if (!existsSync(join(folder, "journal")) && existsSync(join(folder, "tables"))) {
    throw new DataError(
      `the data in ${folder} has tables but no journal, and was not changed: repair it, move it away, or use another folder`,
    );
  }
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new DataError(`${folder} is not a usable folder: ${(error as Error).message}`, { cause: error });
  }
}
