import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Who may import what: the arrows of docs/architecture.md, kept by the linter. */
const keepOut = (files, group, message) => ({
  files,
  rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns: [{ group, message }] }] },
});
const AWS = ["@aws-sdk/*", "@pulumi/*"];

export default tseslint.config(
  { ignores: ["node_modules/", "dist/"] },
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
  keepOut(
    ["saga/**"],
    [...AWS, "**/handlers/**", "**/infra/**", "**/local/**"],
    "saga/ is pure: it knows neither AWS nor Pulumi.",
  ),
  ...[
    ["saga/verify/*.ts", "../*"],
    ["saga/verify/search/*.ts", "../../*"],
  ].map(([files, outside]) =>
    keepOut(
      [files],
      [...AWS, outside],
      "The verifier reads the emitted definition alone: so it tests the compiler instead of trusting it.",
    ),
  ),
  keepOut(
    ["handlers/**"],
    ["@pulumi/*", "**/infra/**", "**/local/**"],
    "A handler runs in Lambda, where there is no Pulumi.",
  ),
  keepOut(
    ["recovery/**"],
    ["@pulumi/*", "**/handlers/**", "**/infra/**", "**/local/**"],
    "What recovers runs in Lambda, for any saga.",
  ),
  keepOut(
    ["infra/**"],
    ["@aws-sdk/*", "**/handlers/**", "**/local/**"],
    "infra/ deploys any saga; it knows none of the handlers.",
  ),
  keepOut(
    ["local/**"],
    ["**/handlers/**", "**/recovery/**", "**/saga", "**/saga/**", "**/infra/**"],
    "local/ runs what the program registers, never its sources.",
  ),
  keepOut(
    ["local/verify.ts", "local/print-proof.ts"],
    ["**/handlers/**", "**/recovery/**", "**/infra/**", "**/saga/compile/**"],
    "What is verified is the definition that the program registers; of the saga, what it says of its steps.",
  ),
  {
    // The SDK is loaded where the serialised handler can load it: by a bare require at cold start.
    files: ["handlers/**", "recovery/**", "examples/seats/**"],
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
  { files: ["**/*.{js,mjs}"], ...tseslint.configs.disableTypeChecked },
);
