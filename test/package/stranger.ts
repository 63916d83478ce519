import { execSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as ts from "typescript";

const ROOT = join(__dirname, "../..");
const EXAMPLE = join(ROOT, "examples/seats");
const { name, version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Record<string, string>;

/** A folder with the example program, and with the package as npm packs and installs it. */
export interface Stranger {
  readonly folder: string;
  /** Where the package is installed. */
  readonly installed: string;
  /** What the type checker says of the program, and of the declarations that it sees of the package. */
  readonly diagnose: () => readonly string[];
  readonly remove: () => void;
}

/** A package of npm; what it needs of others here, it names by their versions. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly needs?: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  /** It is needed, and not by the program. */
  readonly inner?: boolean;
}

/** @param packages What the program's folder has installed beside. */
export function stranger(packages: readonly Package[] = []): Stranger {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "stranger-")));
  const [built, folder] = [join(root, "built"), join(root, "seats")];
  const modules = join(folder, "node_modules");
  const read = reader();

  build(join(built, "dist"), read);
  for (const file of ["package.json", "README.md", "LICENSE"]) cpSync(join(ROOT, file), join(built, file));
  npm("pack --ignore-scripts", built);
  mkdirSync(folder);
  // Without what it depends on, which is here already.
  const tarballs = [join(built, `${name}-${version}.tgz`), ...pack(packages, join(root, "packages"))];
  npm(`install --offline --legacy-peer-deps ${tarballs.join(" ")}`, folder);
  for (const each of ["@aws-sdk", "@pulumi", "@types/node", "jsonata"]) {
    mkdirSync(dirname(join(modules, each)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", each), join(modules, each), "junction");
  }
  cpSync(EXAMPLE, folder, { recursive: true, filter: (path) => !path.startsWith(join(EXAMPLE, "node_modules")) });

  return {
    folder,
    installed: join(modules, name as string),
    diagnose: () => diagnose(folder, read),
    remove: () => {
      rmSync(root, { recursive: true });
    },
  };
}

/** The tarballs of those that the program itself wants. */
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

/** Reads each source file once, for whatever is built of it. */
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

/** What `npm run build` does, to another folder. */
function build(outDir: string, read: Reader): void {
  const { options, fileNames } = configured("tsconfig.build.json");
  const { emitSkipped } = ts.createProgram(fileNames, { ...options, outDir }, read(options)).emit();
  if (emitSkipped) throw new Error("the package could not be built");
}

function diagnose(folder: string, read: Reader): readonly string[] {
  // Without the path by which this project finds its own sources under the package's name.
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
