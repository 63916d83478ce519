import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isOfPackage } from "../assets";
import { findProject, ProjectError } from "../project";
import type { Evaluated, Problem, Source } from "./evaluator";
import { Evaluators } from "./evaluators";
import { pathsOf, type PlainProgram } from "./plain";
import { type Changes, changesBetween } from "./release";
import { Watch } from "./watch";

export type { Problem, Source } from "./evaluator";
export type { PlainProgram } from "./plain";
export { type Changes, isChange, lineOf } from "./release";

/** The current version of a program, which is sound. */
export interface Release {
  readonly program: PlainProgram;
  /** Whether this is the first release. */
  readonly first: boolean;
  /** The changes since the last deployed release. */
  readonly changes: Changes;
  /** The time from the change of a file to the end of the deployment. */
  readonly seconds: number;
}

export interface FollowOptions {
  /** Deploys a release. If it rejects, the earlier release stays in place. */
  readonly deploy: (program: PlainProgram, evaluated: Pick<Evaluated, "notes" | "secretValues">) => Promise<void>;
  /** Called after a release was deployed. Its changes are empty if there was nothing to deploy. */
  readonly onRelease: (release: Release) => void;
  /** Called with an error in the program. The last release stays in place. */
  readonly onProblem: (problem: Problem) => void;
}

export interface Following {
  /** Resolves once the program's first version is deployed, or its error is reported. */
  readonly started: Promise<void>;
  close(): void;
}

/**
 * Follows a program. The program is evaluated and verified now, and again whenever one of its files changes. A sound
 * version is deployed. The followed files are those that the evaluation loads or packs, outside of `node_modules`, and
 * the project's own files.
 *
 * @throws ProjectError if the folder has no program
 */
export function followProgram(source: Source, options: FollowOptions): Following {
  const folder = findProject(source.path);
  if (folder === undefined) throw new ProjectError(`no Pulumi.yaml in ${source.path} or above it`);
  const follower = new Follower(folder, source, options);
  return {
    started: follower.evaluate(),
    close: () => {
      follower.close();
    },
  };
}

/** The hashes of files, by their paths. The hash of a missing file is empty. */
type Hashes = ReadonlyMap<string, string>;

class Follower {
  private readonly evaluators: Evaluators;
  private readonly watch: Watch;
  private hashes: Hashes;
  private deployed: PlainProgram | undefined;
  /** Whether the last evaluation succeeded. A failed one may lack a file that does not exist yet. */
  private complete = true;
  private busy = false;
  private closed = false;

  constructor(
    private readonly folder: string,
    source: Source,
    private readonly options: FollowOptions,
  ) {
    this.evaluators = new Evaluators(source);
    this.hashes = hash(projectFiles(folder));
    this.watch = new Watch(folder, (since) => {
      this.look(since);
    });
  }

  close(): void {
    this.closed = true;
    this.watch.close();
    this.evaluators.close();
  }

  /** Checks whether a file has changed. */
  private look(since = performance.now()): void {
    // A running evaluation checks again at its end.
    if (this.busy || this.closed) return;
    // What the program lacks may come in a folder that is new.
    if (!this.complete) this.watch.watch([...this.hashes.keys()]);
    const now = hash([...this.hashes.keys(), ...this.candidates()]);
    const changed = new Set([...now].flatMap(([file, content]) => (this.hashes.get(file) === content ? [] : [file])));
    if (changed.size === 0) return;
    const settings = projectFiles(this.folder).some((file) => changed.has(file));
    this.evaluators.forget((file) => changed.has(file), settings);
    void this.evaluate(since);
  }

  async evaluate(began = performance.now()): Promise<void> {
    this.busy = true;
    const startedAt = Date.now();
    const before = hash([...this.hashes.keys(), ...this.candidates()]);
    try {
      const evaluated = await this.evaluators.evaluate();
      if (this.closed) return;
      this.follow(evaluated, before, startedAt);
      await this.deploy(evaluated, began);
    } catch (error) {
      if (!this.closed) this.options.onProblem({ message: (error as Error).message });
    } finally {
      this.busy = false;
      this.evaluators.warm();
      this.look();
    }
  }

  /** Follows the files of the current version. After a failure it also follows the files of the version before. */
  private follow({ program, loaded }: Evaluated, before: Hashes, startedAt: number): void {
    this.complete = program !== undefined;
    const own = loaded.filter((file) => !isOfPackage(file));
    const packed = program ? pathsOf(program).flatMap(filesIn) : [];
    // After a failure, a file that was there already is not what the program lacked.
    const others = program ? projectFiles(this.folder) : [...before.keys(), ...this.candidates()];
    const files = [...new Set([...others, ...own, ...packed])];
    // A file that changed after the evaluation began may have been read before the change.
    this.hashes = new Map(
      files.map((file) => [file, before.get(file) ?? (changedSince(file, startedAt) ? "?" : hashOf(file))]),
    );
    this.watch.watch(files);
  }

  private async deploy({ program, problem, notes, secretValues }: Evaluated, began: number): Promise<void> {
    if (program === undefined) {
      this.options.onProblem(problem ?? { message: "the program could not be evaluated" });
      return;
    }
    const first = this.deployed === undefined;
    const changes = changesBetween(this.deployed, program);
    await this.options.deploy(program, { notes, secretValues });
    this.deployed = program;
    this.options.onRelease({ program, first, changes, seconds: (performance.now() - began) / 1000 });
  }

  /** Files that do not belong to the program, but may be what it lacks. */
  private candidates(): readonly string[] {
    return this.complete ? projectFiles(this.folder) : [...projectFiles(this.folder), ...filesIn(this.folder)];
  }
}

const SOURCES = /\.([cm]?[jt]sx?|json)$/;
const PROJECT = /^(Pulumi(\..+)?\.(yaml|yml|json)|package(-lock)?\.json|tsconfig(\..+)?\.json)$/;

/** The files in a folder that configure its evaluation. */
function projectFiles(folder: string): readonly string[] {
  return namesIn(folder)
    .filter((name) => PROJECT.test(name))
    .map((name) => join(folder, name));
}

/** The sources in a folder and its subfolders. For a file, the file itself. */
function filesIn(path: string): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  return namesIn(path).flatMap((name) => {
    if (name === "node_modules" || name.startsWith(".")) return [];
    const inner = join(path, name);
    if (statSync(inner, { throwIfNoEntry: false })?.isDirectory() === true) return filesIn(inner);
    return SOURCES.test(name) ? [inner] : [];
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // The folder was removed meanwhile.
    return [];
  }
}

const hash = (files: readonly string[]): Hashes => new Map([...new Set(files)].map((file) => [file, hashOf(file)]));

function hashOf(file: string): string {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("base64");
  } catch {
    return "";
  }
}

const changedSince = (file: string, time: number): boolean =>
  (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > time;
