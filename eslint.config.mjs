import js from "@eslint/js";
import tseslint from "typescript-eslint";

const PULUMI = "@pulumi/";
const AWS = "@aws-sdk/";
/** Under the AGPL: nothing that ships may depend on it. */
const AGPL = {
  regex: "^@cloud-copilot/",
  message: "It is under the AGPL: a test alone may hold saga/local/iam/ against it.",
};

/**
 * Who may import what: the arrows of docs/architecture.md, kept by the linter. A part of saga/ names the parts that it
 * imports, and the scopes of packages that it does.
 */
const part = (name, { parts = [], types = [], scopes = [], scopesOfTypes = [], message }) => {
  // As many steps up as lead out of the part.
  const folder = (glob, up) => {
    const out = `^${"\\.\\./".repeat(up)}`;
    const within = (names) => `(?:${names.join("|") || "(?!)"})(?:/|$)`;
    const other = [PULUMI, AWS].filter((scope) => !scopes.includes(scope));
    const packages = (names, allowTypeImports) =>
      names.length > 0 ? [{ regex: `^(?:${names.join("|")})`, allowTypeImports, message }] : [];
    return restrict(
      [glob],
      [
        AGPL,
        { regex: `${out}(?!${within([...parts, ...types])})`, message },
        ...(types.length > 0 ? [{ regex: out + within(types), allowTypeImports: true, message }] : []),
        ...packages(
          other.filter((scope) => !scopesOfTypes.includes(scope)),
          false,
        ),
        ...packages(scopesOfTypes, true),
      ],
    );
  };
  return [folder(`saga/${name}/*.{ts,tsx}`, 1), folder(`saga/${name}/*/*.{ts,tsx}`, 2)];
};
const restrict = (files, patterns) => ({
  files,
  rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns }] },
});
/** What a program imports of saga/: its face; and, before all else, what refuses a wrong config. */
const FACE = {
  regex: "(?:^|/)saga/(?!deploy/check-config$)",
  message: "A program imports saga/ alone, never a part of it.",
};

export default tseslint.config(
  // A template finds this package in its own node_modules alone: test/package/ type-checks it there.
  { ignores: ["node_modules/", "dist/", "templates/"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-unnecessary-condition": "error",
      "@typescript-eslint/no-base-to-string": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `import x = require("x")` is how TypeScript loads a CommonJS module that is a function.
      "@typescript-eslint/no-require-imports": ["error", { allowAsImport: true }],
      "@typescript-eslint/consistent-type-imports": [
        "error",
        { fixStyle: "inline-type-imports", disallowTypeAnnotations: false },
      ],
    },
  },
  ...part("language", {
    parts: ["asl"],
    scopesOfTypes: [PULUMI],
    message:
      "The language is pure: it knows nothing of AWS and Pulumi but types, and of what comes after it asl/ alone.",
  }),
  ...part("asl", { message: "What all share imports none of them." }),
  ...part("compile", {
    parts: ["asl", "language"],
    message: "The compiler is pure: it reads nodes and writes a definition.",
  }),
  ...part("verify", {
    parts: ["asl"],
    message: "The verifier reads the emitted definition alone: so it tests the compiler instead of trusting it.",
  }),
  ...part("interpreter", {
    parts: ["asl"],
    message: "The interpreter reads the emitted definition alone: so it tests the compiler instead of trusting it.",
  }),
  ...part("graph", {
    parts: ["asl", "control"],
    types: ["verify/rules"],
    message: "A drawing is made of the definition, its declaration and a history alone: it runs in a browser too.",
  }),
  ...part("store", {
    parts: ["language"],
    scopes: [AWS],
    message: "The store runs in Lambda, where there is no Pulumi.",
  }),
  ...part("deploy", {
    parts: ["asl", "compile", "language", "verify"],
    scopes: [PULUMI],
    message: "deploy/ deploys any saga; it knows none of their functions, and nothing of what runs them here.",
  }),
  ...part("deploy/recovery", {
    parts: ["../asl"],
    types: ["../compile"],
    scopes: [AWS],
    message: "What recovers runs in Lambda, where there is no Pulumi, for any saga.",
  }),
  ...part("local", {
    parts: ["asl", "interpreter"],
    scopes: [AWS, PULUMI],
    message: "local/ runs what the program registers, never its sources.",
  }),
  ...part("testing", {
    parts: ["asl", "compile", "deploy/recovery/history", "interpreter", "language", "local"],
    types: ["store"],
    scopesOfTypes: [AWS],
    message: "testing/ runs what a program registers or a saga compiles to.",
  }),
  ...part("policy", {
    parts: ["asl", "deploy/violation-text", "verify"],
    scopesOfTypes: [PULUMI],
    message:
      "A policy proves the definition that a stack registers, whoever wrote it: it knows no saga, and makes nothing.",
  }),
  ...part("console/server", {
    parts: ["../asl", "../control", "../verify"],
    scopes: [AWS],
    message:
      "The console's server talks to Step Functions as any client does: it knows nothing of what runs behind it.",
  }),
  ...part("control", {
    parts: ["asl"],
    scopes: [AWS],
    message:
      "What tells of executions talks to Step Functions as any client does: it knows nothing of what runs behind it.",
  }),
  restrict(
    ["advice", "declared", "failure", "history", "ledger", "spots", "story"].map((name) => `saga/control/${name}.ts`),
    [
      AGPL,
      { group: [AWS, "node:*"], message: "What reads a history runs in a browser, too." },
      {
        regex: "^\\./(?!(?:advice|declared|failure|history|ledger|spots|story)$)|^\\.\\./(?!asl/)",
        message: "What reads a history runs in a browser, too.",
      },
    ],
  ),
  ...part("cli", {
    parts: ["asl", "console/server", "control", "graph", "interpreter", "local", "testing", "verify"],
    message: "The command runs what the program registers, never its sources.",
  }),
  ...part("console/page", {
    parts: ["../asl", "../control", "../graph"],
    types: ["../verify/rules"],
    message: "The page runs in a browser: of saga/ it takes what reads a definition and a history, and draws them.",
  }),
  // What is verified or drawn is the definition that the program registers; of the saga, what it says of its steps.
  restrict(
    ["saga/cli/verify.ts", "saga/cli/graph.ts"],
    [
      AGPL,
      {
        regex: "^\\.\\./(?!(?:asl|compile/declaration|control|graph|interpreter|language|local|verify)(?:/|$))",
        message:
          "What is verified or drawn is the definition that the program registers; of the saga, what it says of its steps.",
      },
    ],
  ),
  restrict(
    ["saga/index.ts"],
    [
      AGPL,
      { regex: "^\\./(?:local|testing|cli|interpreter)(?:/|$)", message: "What a program deploys runs nothing here." },
    ],
  ),
  restrict(["index.ts", "orderFulfilment.ts", "examples/**"], [FACE, AGPL]),
  { ...restrict(["test/**", "bench/**"], [AGPL]), ignores: ["test/local/policies.test.ts"] },
  restrict(
    ["handlers/**"],
    [FACE, AGPL, { group: ["@pulumi/*"], message: "A handler runs in Lambda, where there is no Pulumi." }],
  ),
  // It runs its program on this machine, which is no part of one.
  { files: ["examples/trip/run.ts"], rules: { "@typescript-eslint/no-restricted-imports": "off" } },
  {
    // The SDK is loaded where the serialised handler can load it: by a bare require at cold start.
    files: [
      "handlers/**",
      "saga/store/**",
      "saga/deploy/recovery/**",
      "saga/deploy/cold-start.ts",
      "examples/seats/**",
      "examples/marketplace/**",
      "test/package/**",
      "test/deploy/tasks.test.ts",
      "test/faults/stranger.ts",
      "test/local/odds.ts",
      "test/local/transfers.ts",
    ],
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  {
    files: ["test/**"],
    rules: {
      // Assertions read as sentences; what is read from JSON is untyped.
      "@typescript-eslint/no-unused-expressions": "off",
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    // By its own settings it finds the package where npm has installed it; here that is this project.
    files: ["examples/marketplace/**"],
    languageOptions: { parserOptions: { projectService: false, project: "./tsconfig.json" } },
    rules: {
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", name: ["after", "before", "describe", "it"], package: "node:test" },
          ],
        },
      ],
    },
  },
  { files: ["**/*.{js,mjs,cjs}"], ...tseslint.configs.disableTypeChecked },
  {
    files: ["**/*.cjs"],
    languageOptions: { sourceType: "commonjs", globals: { exports: "writable", require: "readonly" } },
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
);
