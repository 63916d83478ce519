import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { dirname, join } from "node:path";

/** Changes come in bursts: one is over once nothing has come for so long, in milliseconds. */
const BURST = 40;
/** How often the files themselves are looked at, for what no event has told: a folder of another machine has none. */
const LOOK = 2_000;
/** Folders in the program's own folder, at most; what is loaded from elsewhere is watched by itself. */
const MOST_FOLDERS = 1_000;

/** Watches files by their folders, so that one that is replaced, or is not there yet, is seen as well. */
export class Watch {
  private readonly watchers = new Map<string, FSWatcher>();
  private readonly timer: NodeJS.Timeout;
  private burst: NodeJS.Timeout | undefined;
  private since: number | undefined;
  private looks = "";
  private files: readonly string[] = [];

  /**
   * @param folder The program's, of which each folder is watched.
   * @param onChange Something may have changed, since a time by `performance.now()`: whoever hears it looks at the files.
   */
  constructor(
    private readonly folder: string,
    private readonly onChange: (since: number) => void,
  ) {
    this.timer = setInterval(() => {
      const looks = this.look();
      if (looks === this.looks) return;
      this.looks = looks;
      this.stir();
    }, LOOK);
    this.watch([]);
  }

  /** What is watched from now on, beside the program's folder. */
  watch(files: readonly string[]): void {
    this.files = files;
    this.looks = this.look();
    const wanted = new Set([...foldersIn(this.folder), ...files.map((file) => dirname(file))]);
    for (const [folder, watcher] of this.watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.watchers.delete(folder);
    }
    for (const folder of wanted) {
      if (this.watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, () => {
          this.stir();
        });
        // A folder that goes is looked for at the next change.
        watcher.on("error", () => {
          watcher.close();
          this.watchers.delete(folder);
        });
        this.watchers.set(folder, watcher);
      } catch {
        // It has gone meanwhile, or there are too many: its files are looked at all the same.
      }
    }
  }

  close(): void {
    clearInterval(this.timer);
    clearTimeout(this.burst);
    for (const watcher of this.watchers.values()) watcher.close();
  }

  private stir(): void {
    this.since ??= performance.now();
    clearTimeout(this.burst);
    this.burst = setTimeout(() => {
      const since = this.since as number;
      this.since = undefined;
      this.onChange(since);
    }, BURST);
  }

  private look(): string {
    return this.files
      .map((file) => {
        const stat = statSync(file, { throwIfNoEntry: false });
        return stat ? `${stat.mtimeMs} ${stat.size} ${stat.ino}` : "";
      })
      .join("\n");
  }
}

/** A folder and those in it that may have sources: not what npm has installed, and nothing that is hidden. */
function foldersIn(folder: string): readonly string[] {
  const found = [folder];
  for (let at = 0; at < found.length && found.length < MOST_FOLDERS; at++) {
    try {
      for (const entry of readdirSync(found[at] as string, { withFileTypes: true })) {
        if (!entry.isDirectory() || entry.name === "node_modules" || entry.name.startsWith(".")) continue;
        found.push(join(found[at] as string, entry.name));
      }
    } catch {
      // It has gone meanwhile.
    }
  }
  return found;
}
