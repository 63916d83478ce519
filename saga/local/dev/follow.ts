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

/** A program that is sound, as it is now. */
export interface Release {
  readonly program: PlainProgram;
  /** Whether there was none before it. */
  readonly first: boolean;
  /** Since the last release that was deployed. */
  readonly changes: Changes;
  /** From the change of a file until it was deployed. */
  readonly seconds: number;
}

export interface FollowOptions {
  /** Deploys a release. Where it rejects, the release before it goes on. */
  readonly deploy: (program: PlainProgram, evaluated: Pick<Evaluated, "notes" | "secretValues">) => Promise<void>;
  /** Is told of a release once it is deployed; or, without changes, that there is nothing to deploy. */
  readonly onRelease: (release: Release) => void;
  /** Is told what is wrong with the program: the last release goes on. */
  readonly onProblem: (problem: Problem) => void;
}

export interface Following {
  /** Comes once the program as it was at the start is deployed, or told to have a problem. */
  readonly started: Promise<void>;
  close(): void;
}

/**
 * Follows a program: it is evaluated and verified now, and again whenever one of its files has changed; what is sound is
 * deployed. Its files are those that the evaluation loads or packs, outside of `node_modules`, and those of its project.
 *
 * @throws ProjectError for a folder without a program
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

/** Files by the hashes of what is in them; that of a file which is not there is empty. */
type Hashes = ReadonlyMap<string, string>;

class Follower {
  private readonly evaluators: Evaluators;
  private readonly watch: Watch;
  private hashes: Hashes;
  private deployed: PlainProgram | undefined;
  /** Whether the program as it stood last was evaluated to its end: else it may want a file that is not there. */
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

  /** Looks whether a file has changed. */
  private look(since = performance.now()): void {
    // Once it is through, it looks itself.
    if (this.busy || this.closed) return;
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

  /** Follows the files of which the program is made now; where it has failed, those that it might be made of, too. */
  private follow({ program, loaded }: Evaluated, before: Hashes, startedAt: number): void {
    this.complete = program !== undefined;
    const own = loaded.filter((file) => !isOfPackage(file));
    const packed = program ? pathsOf(program).flatMap(filesIn) : [];
    const files = [...new Set([...projectFiles(this.folder), ...own, ...packed, ...(program ? [] : before.keys())])];
    // What has changed since the evaluation began is not in it.
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

  /** What is not of the program, but might be what it lacks. */
  private candidates(): readonly string[] {
    return this.complete ? projectFiles(this.folder) : [...projectFiles(this.folder), ...filesIn(this.folder)];
  }
}

const SOURCES = /\.([cm]?[jt]sx?|json)$/;
const PROJECT = /^(Pulumi(\..+)?\.(yaml|yml|json)|package(-lock)?\.json|tsconfig(\..+)?\.json)$/;

/** The files in a folder that say how its program is evaluated. */
function projectFiles(folder: string): readonly string[] {
  return namesIn(folder)
    .filter((name) => PROJECT.test(name))
    .map((name) => join(folder, name));
}

/** The sources in a folder; of what is packed, a file alone is itself. */
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
    // It has gone meanwhile.
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
