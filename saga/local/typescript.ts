import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Project } from "./project";

interface TsNode {
  readonly register: (options: object) => unknown;
}

/**
 * Registers ts-node as `pulumi up` does: the program's own ts-node and typescript, or else those that Pulumi brings
 * along. Types are not checked, which makes a start twice as fast: the program's own type check does that. An unchanged
 * file is transpiled once.
 */
export function loadTypeScript({ folder, workingFolder }: Project): void {
  // Someone may have registered ts-node already, with settings of their own.
  if ((process as unknown as Record<symbol, unknown>)[Symbol.for("ts-node.register.instance")] !== undefined) return;
  const program = createRequire(join(folder, "program.js"));
  const find = (name: string, vendored: string): string => {
    try {
      return program.resolve(name);
    } catch {
      return join(dirname(program.resolve("@pulumi/pulumi/package.json")), "vendor", vendored);
    }
  };
  const compiler = find("typescript", "typescript@3.8.3/typescript.js");
  const { register } = program(find("ts-node", "ts-node@7.0.1/index.js")) as TsNode;
  const { version, parseConfigFileTextToJson, sys } = program(compiler) as typeof import("typescript");
  const config = [workingFolder, folder].map((each) => join(each, "tsconfig.json")).find((each) => existsSync(each));
  const { compilerOptions = {}, "ts-node": own = {} } = (
    config === undefined ? {} : (parseConfigFileTextToJson(config, sys.readFile(config) ?? "{}").config ?? {})
  ) as { readonly compilerOptions?: object; readonly "ts-node"?: object };
  const modern = Number.parseFloat(version) >= 4.7;
  // TypeScript may refuse one of these settings if the other has its default.
  const modules = modern
    ? { module: "nodenext", moduleResolution: "nodenext" }
    : { module: "commonjs", moduleResolution: "node" };
  register({
    transpileOnly: true,
    compiler,
    // A program that configures its own transpiler keeps it.
    ...(!("swc" in own || "transpiler" in own) && { transpiler: [join(__dirname, "transpiler.cjs"), { folder }] }),
    ...(config === undefined ? { skipProject: true } : { project: config }),
    compilerOptions: {
      target: "ES2020",
      ...(!("module" in compilerOptions || "moduleResolution" in compilerOptions) && modules),
      sourceMap: true,
      ...compilerOptions,
    },
  });
}
