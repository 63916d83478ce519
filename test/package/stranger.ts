import { execFile, execFileSync, execSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import * as ts from "typescript";

const ROOT = join(__dirname, "../..");
const COMMANDS = [
  ["tsc", "typescript/bin/tsc"],
  ["ts-node", "ts-node/dist/bin.js"],
] as const;

type Names = Readonly<Record<string, string>>;

interface Locked {
  readonly dependencies?: Names;
  readonly peerDependencies?: Names;
  readonly optionalDependencies?: Names;
}

const { name, version, peerDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly name: string;
  readonly version: string;
  readonly peerDependencies: Names;
};

/** A folder with a program, and with the package as npm packs and installs it. */
export interface Stranger {
  readonly folder: string;
  /** The folder of the installed package. */
  readonly installed: string;
  /** The type checker's output for the program and for the package's declarations. */
  readonly diagnose: () => readonly string[];
  /** Runs the package's command. */
  readonly saga: (args: readonly string[], options?: Options) => Promise<Ended>;
  /** The environment without the variables of npm and mocha, which the program must not see. */
  readonly env: NodeJS.ProcessEnv;
  readonly remove: () => void;
}

/** A package of npm, with its dependencies on other packages here. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly needs?: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  /** Whether only other packages need it. */
  readonly inner?: boolean;
}

interface Options {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * @param program The folder of the program, from the top of this project; without one, the folder is empty.
 * @param packages What it has installed beside this one.
 * @param published What it has installed of what npm has, as `name@version`.
 */
export function stranger(
  program?: string,
  packages: readonly Package[] = [],
  published: readonly string[] = [],
): Stranger {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "stranger-")));
  const [built, folder] = [join(root, "built"), join(root, basename(program ?? "program"))];
  const modules = join(folder, "node_modules");
  const read = reader();

  build(join(built, "dist"), read);
  for (const file of ["package.json", "README.md", "LICENSE"]) cpSync(join(ROOT, file), join(built, file));
  npm("pack --ignore-scripts", built);
  mkdirSync(folder);
  const tarballs = [join(built, `${name}-${version}.tgz`), ...pack(packages, join(root, "packages"))];
  npm(`install --prefer-offline --legacy-peer-deps ${[...tarballs, ...published].join(" ")}`, folder);
  // The peer dependencies are large, so they are linked from this project, with their own dependencies and nothing else.
  for (const each of installedWith([...Object.keys(peerDependencies), "@types/node", "ts-node", "typescript"])) {
    const link = join(modules, each);
    if (existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", each), link, "junction");
  }
  // npm links the commands only of packages that it installs itself.
  for (const [command, file] of COMMANDS) symlinkSync(join("..", file), join(modules, ".bin", command));
  if (program !== undefined) {
    const source = join(ROOT, program);
    cpSync(source, folder, { recursive: true, filter: (path) => !path.startsWith(join(source, "node_modules")) });
  }

  return {
    folder,
    installed: join(modules, name),
    diagnose: () => diagnose(folder, read),
    saga: (args, { env, cwd = folder } = {}) =>
      new Promise((resolve) => {
        const command = join(modules, name, "dist/cli/main.js");
        const started = execFile(
          process.execPath,
          [command, ...args],
          { cwd, env: { ...clean(process.env), NO_COLOR: "1", ...env }, timeout: 100_000 },
          (error, out, err) => {
            resolve({ code: error ? ((error.code as number | undefined) ?? -1) : 0, out, err });
          },
        );
        started.stdin?.end();
      }),
    env: clean(process.env),
    remove: () => {
      rmSync(root, { recursive: true });
    },
  };
}

/** The tarballs of the program's direct dependencies. */
function pack(packages: readonly Package[], at: string): readonly string[] {
  const tarball = (each: string, of: string) => join(at, `${each.replace("@", "").replace("/", "-")}-${of}.tgz`);
  mkdirSync(at);
  for (const { name: each, version: of, needs = {}, files } of packages) {
    const source = join(at, `${each.replace("/", "-")}-${of}`);
    const needed = Object.entries(needs).map(([other, its]) => [other, `file:${tarball(other, its)}`] as const);
    const manifest = { name: each, version: of, dependencies: Object.fromEntries(needed) };
    mkdirSync(source);
    for (const [file, text] of Object.entries({ ...files, "package.json": JSON.stringify(manifest) })) {
      writeFileSync(join(source, file), text);
    }
    npm(`pack --ignore-scripts ${source}`, at);
  }
  return packages.filter(({ inner }) => inner !== true).map(({ name: each, version: of }) => tarball(each, of));
}

const clean = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([key]) => !/^(npm_|INIT_CWD|TS_NODE|NODE_OPTIONS)/.test(key)));

/** The packages that are installed with these, with all their dependencies. */
function installedWith(names: readonly string[]): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const found = new Set(names);
  for (const each of found) {
    const { dependencies, peerDependencies, optionalDependencies } = packages[`node_modules/${each}`] ?? {};
    const needed = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });
    for (const one of needed) if (`node_modules/${one}` in packages) found.add(one);
  }
  return [...found].filter((each) => existsSync(join(ROOT, "node_modules", each)));
}

/** Reads each source file once. */
type Reader = (options: ts.CompilerOptions) => ts.CompilerHost;

function reader(): Reader {
  const known = new Map<string, ts.SourceFile | undefined>();
  return (options) => {
    const host = ts.createCompilerHost(options);
    const getSourceFile = host.getSourceFile.bind(host);
    host.getSourceFile = (path, target) => {
      if (!known.has(path)) known.set(path, getSourceFile(path, target));
      return known.get(path);
    };
    return host;
  };
}

/** Does the same as `npm run build`, in another folder. */
function build(outDir: string, read: Reader): void {
  const { options, fileNames } = configured("tsconfig.build.json");
  const { emitSkipped } = ts.createProgram(fileNames, { ...options, outDir }, read(options)).emit();
  if (emitSkipped) throw new Error("the package could not be built");
  const page = ["-r", "ts-node/register/transpile-only", "saga/console/build.ts", join(outDir, "console")];
  execFileSync(process.execPath, page, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  // These files are JavaScript already.
  for (const file of readdirSync(join(ROOT, "saga"), { recursive: true, encoding: "utf8" })) {
    if (/\.[cm]js$/.test(file)) cpSync(join(ROOT, "saga", file), join(outDir, file));
  }
}

function diagnose(folder: string, read: Reader): readonly string[] {
  // The paths that map the package's name to this project's sources must not apply.
  const options = { ...configured("tsconfig.json").options, paths: {}, types: ["node"] };
  const program = ts.createProgram([join(folder, "index.ts")], options, read(options));
  const seen = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(folder));
  const said = seen.flatMap((file) => [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ]);
  return [...program.getGlobalDiagnostics(), ...said].map(
    ({ file, messageText }) => `${file?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
  );
}

function configured(file: string): ts.ParsedCommandLine {
  const { config } = ts.readConfigFile(join(ROOT, file), (path) => ts.sys.readFile(path));
  return ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
}

function npm(args: string, cwd: string): void {
  execSync(`npm ${args} --silent --no-audit --no-fund`, { cwd, stdio: ["ignore", "ignore", "inherit"] });
}
