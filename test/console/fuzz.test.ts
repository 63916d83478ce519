import { expect } from "chai";
import { CONSOLE_PATH } from "../../saga/console/server";
import { dice } from "../dice";
import { machineArn } from "../local/wire/fixture";
import { httpRequest, type RawOptions, sendRaw } from "../local/wire/raw";
import { sizes } from "../slow";
import { type Served, startConsole } from "./fixture";

const REQUESTS = Number(process.env["FUZZ_REQUESTS"] ?? 1000);
const SEED = Number(process.env["FUZZ_SEED"] ?? 1);
const TOGETHER = 16;

interface Tried extends RawOptions {
  readonly kind: string;
  readonly parts: readonly (string | Buffer)[];
  /** Whether the connection may be closed without an answer. */
  readonly isNoRequest?: true;
}

/** Random requests of every kind. A seed always gives the same requests. */
function generator(seed: number, { token, host }: { readonly token: string; readonly host: string }) {
  const { random, below, one, bytes } = dice(seed);
  const word = (): string =>
    one(["", "x", "0", "-1", "'", "😀", "\u0000", "..", "%00", "x".repeat(300), "null", "{}", "%"]);
  const arn = (): string =>
    one([
      machineArn("wait"),
      machineArn("echo"),
      machineArn("wait").replace("stateMachine", "execution"),
      "arn:x",
      word(),
    ]);
  const value = (depth = 0): unknown => {
    const kinds: (() => unknown)[] = [word, arn, () => below(2 ** 31) - 2 ** 30, () => random() < 0.5, () => null];
    if (depth < 4)
      kinds.push(
        () => Array.from({ length: below(4) }, () => value(depth + 1)),
        () => object(depth + 1),
      );
    return one(kinds)();
  };
  const FIELDS = "machineArn name input arn cause error output taskToken state kind times __proto__ constructor".split(
    " ",
  );
  const object = (depth = 0): Record<string, unknown> =>
    Object.fromEntries(Array.from({ length: below(7) }, () => [random() < 0.8 ? one(FIELDS) : word(), value(depth)]));
  const plausible = (): Record<string, unknown> => ({
    machineArn: arn(),
    arn: arn(),
    input: value(),
    taskToken: one(["0".repeat(64), word()]),
    state: one(["Call", "Wait", word()]),
    kind: one(["throttle", "late", word()]),
    times: one(["once", "always", word()]),
    ...(random() < 0.5 && { output: value() }),
    ...(random() < 0.3 && { name: word(), cause: word(), error: word() }),
  });
  const PATHS = "session sagas executions execution history rows logs start stop redrive answer faults".split(" ");
  const path = (): string =>
    `${CONSOLE_PATH}api/${random() < 0.85 ? one(PATHS) : one([word(), "constructor", "../x", "//"])}`;
  const query = (): string => {
    const names = "arn from saga outcome q next".split(" ").filter(() => random() < 0.5);
    const given = names.map((name) => `${name}=${encodeURIComponent(one([word(), arn(), "W10x", "running", "12"]))}`);
    return given.length > 0 ? `?${given.join("&")}` : one(["", "?", "?%", "?&=&"]);
  };
  const own = { Host: host, Authorization: undefined, "x-saga-console": token, "Content-Type": "application/json" };
  const kinds: readonly (() => Tried)[] = [
    () => ({ kind: "random bytes", parts: [bytes(1 + below(600))], isNoRequest: true }),
    () => ({ kind: "read", parts: httpRequest({ method: "GET", path: path() + query(), headers: own }) }),
    () => ({ kind: "read", parts: httpRequest({ method: "GET", path: path() + query(), headers: own }) }),
    () => ({ kind: "random JSON", parts: httpRequest({ path: path(), headers: own, body: JSON.stringify(object()) }) }),
    () => ({ kind: "random JSON", parts: httpRequest({ path: path(), headers: own, body: JSON.stringify(value()) }) }),
    ...Array.from({ length: 3 }, () => () => ({
      kind: "plausible JSON",
      parts: httpRequest({
        method: one(["POST", "POST", "DELETE"]),
        path: path(),
        headers: own,
        body: JSON.stringify(plausible()),
      }),
    })),
    () => ({ kind: "no JSON", parts: httpRequest({ path: path(), headers: own, body: bytes(below(300)) }) }),
    () => ({
      kind: "another method",
      parts: httpRequest({ method: one(["PUT", "PATCH", "OPTIONS", "TRACE", "LOCK"]), path: path(), headers: own }),
    }),
    () => ({
      kind: "3 MB",
      parts: httpRequest({ path: path(), headers: own, body: JSON.stringify({ input: "x".repeat(3 * 1024 * 1024) }) }),
    }),
    () => ({
      kind: "slow",
      parts: [
        httpRequest({ path: `${CONSOLE_PATH}api/start`, headers: { ...own, "Content-Length": "40" } })[0],
        "{",
        "}",
        "}",
      ],
      pauseMs: 250,
      isNoRequest: true,
    }),
    () => ({
      kind: "wrong Host",
      parts: httpRequest({
        method: "GET",
        path: path(),
        headers: { ...own, Host: one(["evil.example", "10.1.2.3", "x y"]) },
      }),
    }),
    () => ({
      kind: "wrong Origin",
      parts: httpRequest({
        path: path(),
        headers: { ...own, Origin: one(["http://evil.example", "null", "x"]) },
        body: "{}",
      }),
    }),
    () => ({
      kind: "wrong token",
      parts: httpRequest({
        path: path(),
        headers: { ...own, "x-saga-console": word().replace(/[^ -~]/g, "") },
        body: "{}",
      }),
    }),
    () => ({
      kind: "file",
      parts: httpRequest({
        method: "GET",
        path:
          CONSOLE_PATH + one(["..", "%2e%2e/", "x", "app.js/", "index.html?x", "%", "\\", "//"]) + encodeURI(word()),
        headers: own,
      }),
    }),
  ];
  return (): Tried => one(kinds)();
}

describe("the console, under requests of every kind", function () {
  this.timeout(120_000);
  let served: Served;
  before(async () => {
    served = await startConsole({}, { wire: { limits: { head: 2000, request: 2000 } } });
    served.cloud.startExecution({}, undefined, "wait");
  });
  after(() => served.close());

  for (const [count, mark] of sizes(REQUESTS)) {
    it(`answers each of ${count} with a status and JSON, never with an internal failure, and still works${mark}`, async () => {
      const next = generator(SEED, { token: served.token, host: new URL(served.url).host });
      const queue = Array.from({ length: count }, (_, index) => [index, next()] as const);
      const answers: Record<string, number> = {};
      const sender = async (): Promise<void> => {
        for (let each = queue.shift(); each; each = queue.shift()) {
          const [index, { kind, parts, isNoRequest, ...one }] = each;
          const answer = await sendRaw(served.cloud.endpoint, parts, { ...one, patienceMs: 20_000 });
          const shown = `request ${index}, ${kind}: ${parts.map((part) => String(part).slice(0, 400)).join("")}`;
          if (!answer) {
            expect(isNoRequest, shown).to.equal(true);
            continue;
          }
          expect(answer.status, `${shown}: ${answer.body}`).to.be.within(200, 499);
          expect(answer.body, shown).not.to.match(/\n\s+at |node_modules|[/\\]saga[/\\]/);
          const { error } = (/^[[{]/.test(answer.body) ? JSON.parse(answer.body) : {}) as { error?: { name: string } };
          const what = error?.name ?? String(answer.status);
          answers[what] = (answers[what] ?? 0) + 1;
        }
      };
      await Promise.all(Array.from({ length: TOGETHER }, sender));
      expect(Object.keys(answers), "every way of refusing").to.include.members([
        "200",
        "AccessDenied",
        "InvalidRequest",
        "MethodNotAllowed",
        "NotFound",
        "RequestTooLarge",
      ]);
      expect((await served.ask("api/session")).status).to.equal(200);
      expect([...served.cloud.executions.running()].map(({ machineName }) => machineName)).to.include("wait");
    });
  }
});
