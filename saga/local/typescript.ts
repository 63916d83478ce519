import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Project } from "./project";

interface TsNode {
  readonly register: (options: object) => unknown;
}

/**
 * Has TypeScript loaded as `pulumi up` does: by the program's own ts-node and typescript, else by those that Pulumi
 * brings along. Types are left to the program's own check, which makes a start twice as fast; a file that has not changed
 * is transpiled once.
 */
export function loadTypeScript({ folder, workingFolder }: Project): void {
  // Once is enough, and whoever did it first may have had reasons.
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
  // One of the two alone, beside a default for the other, is what TypeScript may refuse.
  const modules = modern
    ? { module: "nodenext", moduleResolution: "nodenext" }
    : { module: "commonjs", moduleResolution: "node" };
  register({
    transpileOnly: true,
    compiler,
    // What the program transpiles with otherwise is for it to say.
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
