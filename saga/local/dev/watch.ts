import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { dirname, join } from "node:path";

/** Changes come in bursts. A burst is over after this time without a change. Milliseconds. */
const BURST = 40;
/** How often the files are polled, in milliseconds: a network file system may report no events. */
const LOOK = 2_000;
/** The maximum number of watched folders in the program's folder. */
const MOST_FOLDERS = 1_000;

/** Watches the folders of files, so that it also notices a file that is replaced or created. */
export class Watch {
  private readonly watchers = new Map<string, FSWatcher>();
  private readonly timer: NodeJS.Timeout;
  private burst: NodeJS.Timeout | undefined;
  private since: number | undefined;
  private looks = "";
  private files: readonly string[] = [];

  /**
   * @param folder The program's folder. It is watched with its subfolders.
   * @param onChange Called when files may have changed, with the time of the first event by `performance.now()`. It has
   * to check the files itself.
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

  /** Sets the watched files, beside the program's folder. */
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
        // If the folder is removed, the next call of `watch` looks for it again.
        watcher.on("error", () => {
          watcher.close();
          this.watchers.delete(folder);
        });
        this.watchers.set(folder, watcher);
      } catch {
        // The folder was removed, or there are too many watchers. Its files are still polled.
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

/** A folder and its subfolders, without `node_modules` and hidden ones. */
function foldersIn(folder: string): readonly string[] {
  const found = [folder];
  for (let at = 0; at < found.length && found.length < MOST_FOLDERS; at++) {
    try {
      for (const entry of readdirSync(found[at] as string, { withFileTypes: true })) {
        if (!entry.isDirectory() || entry.name === "node_modules" || entry.name.startsWith(".")) continue;
        found.push(join(found[at] as string, entry.name));
      }
    } catch {
      // The folder was removed meanwhile.
    }
  }
  return found;
}
