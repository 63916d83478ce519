import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";

/** The folder can't be used. Nothing in it was changed. */
export class DataError extends Error {
  override readonly name = "DataError";
}

/** Of what is in a folder, and how. A later release that keeps it otherwise has another number. */
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
 * Values by their keys in a folder, which outlive the process however it ends: LevelDB hands each batch to the operating
 * system before it says that it is written. (It does not wait for the disk: what a power failure takes is another matter.)
 * What is put in one go, such as an execution and its first entry, is in one batch: it is there whole or not at all. What is
 * put while a batch is written makes the next one.
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
   * Opens the folder, and makes it where there is none.
   * @throws DataError where it is in use, has something else in it, or is damaged
   */
  static async open(folder: string): Promise<Store> {
    claim(folder);
    const db = new ClassicLevel(join(folder, "journal"));
    try {
      await db.open();
    } catch (error) {
      const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
      throw new DataError(
        code === "LEVEL_LOCKED"
          ? `the data in ${folder} is in use by another process: end that one, or give another folder`
          : `the data in ${folder} can't be read: ${message}. Nothing was changed: mend it, move it away, or give another folder`,
        { cause: error },
      );
    }
    return new Store(folder, db);
  }

  put(key: string, value: unknown): void {
    this.add({ type: "put", key, value: JSON.stringify(value) });
  }

  delete(key: string): void {
    this.add({ type: "del", key });
  }

  /** Once all that was put is written. Rejects where it can't be. */
  durable(): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    if (this.closed) return Promise.reject(new DataError(`the data in ${this.folder} is closed`));
    if (this.next.operations.length > 0) return this.next.written;
    return this.writing?.written ?? Promise.resolve();
  }

  /** All whose keys begin so, in the order of their keys. */
  async *entries<T>(prefix: string): AsyncIterable<readonly [key: string, value: T]> {
    for await (const [key, text] of this.db.iterator({ gte: prefix, lt: `${prefix}\uffff` })) {
      let value: T;
      try {
        value = JSON.parse(text) as T;
      } catch (error) {
        throw new DataError(`the data in ${this.folder} is damaged at '${key}': move it away, or give another folder`, {
          cause: error,
        });
      }
      yield [key.slice(prefix.length), value];
    }
  }

  /** Something that must be there is not. */
  damaged(key: string): DataError {
    return new DataError(
      `the data in ${this.folder} is damaged: '${key}' is missing. Move it away, or give another folder`,
    );
  }

  /** Writes what was put, and takes nothing more. */
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
    // Whoever has put the first may have more to put with it.
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

function newBatch(): Batch {
  let settle!: Batch["settle"];
  const written = new Promise<void>((resolve, reject) => {
    settle = (error) => {
      if (error) reject(error);
      else resolve();
    };
  });
  // Whoever wants to know asks for it.
  written.catch(() => {});
  return { operations: [], written, settle };
}

/** Makes sure that the folder is one of ours, or empty, before anything is opened in it. */
function claim(folder: string): void {
  const file = join(folder, FORMAT_FILE);
  if (!existsSync(file)) {
    const there = existsSync(folder) ? entriesOf(folder) : [];
    // One that was begun, and no more.
    const foreign = there.filter((name) => name !== `${FORMAT_FILE}.new`);
    if (foreign.length > 0) {
      throw new DataError(
        `${folder} has something else in it ('${foreign[0] as string}'), and is left as it is: give an empty folder, or one that is not there`,
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
      `the data in ${folder} is of another format (${text.trim().slice(0, 100)}), and is left as it is: give another folder, or the release that has written it`,
    );
  }
  if (!existsSync(join(folder, "journal")) && existsSync(join(folder, "tables"))) {
    throw new DataError(
      `the data in ${folder} has tables and no journal, and is left as it is: mend it, move it away, or give another folder`,
    );
  }
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new DataError(`${folder} is no folder that can be used: ${(error as Error).message}`, { cause: error });
  }
}
