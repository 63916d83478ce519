import { isAbsolute, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { RULES, type Verdict, type Violation } from "../verify";
import type { Place } from "./definitions/source";
import { callersPath, startFolder } from "./paths";

/** The verdict on one machine, and the places of its states. */
export interface Proof {
  readonly verdict: Verdict;
  /** The place of a state, or of the machine itself; undefined if it is not known. */
  readonly place: (state: string | undefined) => Place | undefined;
}

const PAGE = "https://www.npmjs.com/package/saga-aws-pulumi";
const IDS = Object.keys(RULES) as (keyof typeof RULES)[];

/**
 * The violations as SARIF 2.1.0, which code scanning takes.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 * @see
 * https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
 */
export function sarifOf(proofs: readonly Proof[]) {
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "saga verify", informationUri: PAGE, rules: IDS.map(ruleOf) } },
        columnKind: "utf16CodeUnits",
        results: proofs.flatMap(({ verdict, place }) =>
          verdict.violations.map((each) => resultOf(each, verdict, place)),
        ),
      },
    ],
  };
}

function ruleOf(id: keyof typeof RULES) {
  const says = RULES[id];
  const sentence = `${says.charAt(0).toUpperCase()}${says.slice(1)}.`;
  return {
    id,
    name: /^S\d+$/.test(id) ? `SagaRule${id.slice(1)}` : `Saga${id.charAt(0).toUpperCase()}${id.slice(1)}`,
    shortDescription: { text: sentence },
    fullDescription: { text: sentence },
    help: { text: helpOf(id, sentence), markdown: `**${id}** ${helpOf(id, sentence)}` },
    defaultConfiguration: { level: "error" },
    properties: { tags: ["reliability", "saga"], precision: "high", "problem.severity": "error" },
  };
}

const helpOf = (id: string, sentence: string): string =>
  `${sentence} A failure on some path through the state machine breaks this rule. The result has the shortest such path, and a fix. docs/verifier.md of saga-aws-pulumi has the rules${/^S/.test(id) ? ", docs/semantics.md what they mean" : ""}.`;

function resultOf({ rule, state, message, hint, counterexample }: Violation, { saga }: Verdict, place: Proof["place"]) {
  const at = place(state);
  const path = counterexample.length === 0 ? "" : `\n\n${counterexample.join("\n")}`;
  return {
    ruleId: rule,
    ruleIndex: IDS.indexOf(rule),
    level: "error",
    message: { text: `${saga}: ${message}${path}\n\n→ ${hint}` },
    locations: at === undefined ? [] : [locationOf(at, state)],
    // Without line numbers: a state that has moved keeps its fingerprint.
    partialFingerprints: { "sagaState/v1": [saga, rule, state ?? "", message].join("|") },
  };
}

function locationOf({ file, line, column }: Place, state: string | undefined) {
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(file) },
      region: { startLine: line, startColumn: column },
    },
    ...(state !== undefined && { logicalLocations: [{ name: state, kind: "member" }] }),
  };
}

/**
 * A relative path, if the file is in the folder in which the command was called: code scanning looks for it in the
 * repository.
 */
function uriOf(file: string): string {
  const path = file === "-" ? "stdin" : relative(startFolder(), resolve(callersPath(file)));
  if (path.startsWith("..") || isAbsolute(path)) return pathToFileURL(resolve(callersPath(file))).href;
  return path.split(/[/\\]/).map(encodeURIComponent).join("/");
}
