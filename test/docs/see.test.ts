import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { expect } from "chai";
import { LocalCloud } from "../../saga/local/cloud";
import { mainMachine } from "../../saga/local/resources";
import type { KnownExecution } from "../../saga/local/step-functions/executions";
import type { Stub } from "../../saga/local/stubs";
import { command } from "../cli/command";
import { evaluated } from "../evaluated";
import { clientOptions } from "../local/wire/fixture";

const PAGE = join(__dirname, "../../docs/see.md");
const ORDER = { order_id: "1", total: 100, card_no: "123-1234", address: "123 st" };
const TRIP = { traveller: "Ada", card_no: "123-1234", flight: "LHR-TRN", hotel: "Duchi", cars: ["Panda"], total: 4000 };

interface Told {
  readonly line: string;
  readonly output: string;
}

const BLOCK = /```console\n(.*?)```/gs;

/** The commands of the page's transcripts, with their output. */
const told = (page: string): readonly Told[] =>
  [...page.matchAll(BLOCK)].flatMap(([, text = ""]) =>
    text
      .split(/^\$ /m)
      .slice(1)
      .map((one) => {
        const [line = "", ...output] = one.split("\n");
        return { line, output: output.join("\n").trimEnd() };
      }),
  );

/** Splits a line like a shell. */
const words = (line: string): readonly string[] =>
  [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replace(/'([^']*)'|"([^"]*)"/g, "$1$2"));

/** Removes the differences between runs: times and durations, with the spaces before them. */
const masked = (text: string): string =>
  text
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?/g, "<date>")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<date>")
    .replace(/^\d\d:\d\d:\d\d\.\d{3}/gm, "<time>")
    .replace(/"ms":\d+/g, '"ms":<ms>')
    .replace(/ *\b(\d+ h )?\d+(\.\d)? (ms|s|min)\b/g, " <took>")
    .replace(/ *\d+ tries/g, "");

const sorted = (text: string): string => text.split("\n").sort().join("\n");

describe("the page on what ran", function () {
  this.timeout(240_000);

  it("has up-to-date transcripts of all verbs", async () => {
    const stubs: Record<string, Stub> = {};
    // Virtual time would pass between the commands. Executions that are stopped or answered need real time.
    const [order, slow, trip] = await Promise.all([
      LocalCloud.start(await evaluated(), { time: "virtual", stubs }),
      LocalCloud.start(await evaluated(), { stubs }),
      LocalCloud.start(await evaluated("examples/trip/index.ts")),
    ]);
    const begin = async (cloud: LocalCloud, name: string, input: object) => {
      const sfn = new SFNClient(clientOptions(cloud));
      const { arn } = mainMachine(await evaluated(cloud === trip ? "examples/trip/index.ts" : "."), undefined);
      const stateMachineArn = cloud.aliasOf(arn as string) as string;
      const request = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
      const { executionArn = "" } = await sfn.send(request);
      return cloud.executions.get(executionArn) as KnownExecution;
    };
    const until = async ({ execution }: KnownExecution, event: string): Promise<void> => {
      while (!execution.history.some(({ type }) => type === event)) await pause();
    };
    const down = { RefundPayment: { error: "StripeError", cause: "no answer from stripe.com" } };
    const mend = (): Promise<void> => {
      delete stubs["RefundPayment"];
      return Promise.resolve();
    };
    /** The preparations for commands. */
    const before: Readonly<Record<string, () => Promise<unknown>>> = {
      "npx saga redrive order-5": mend,
      'npx saga stop order-7 --cause "the customer cancelled"': async () => {
        Object.assign(stubs, down);
        const known = await begin(slow, "order-7", { ...ORDER, order_id: "7", address: undefined });
        const isRefused = () => known.execution.history.some(({ error }) => error === "StripeError");
        while (!isRefused()) await pause();
      },
      "npx saga explain order-7": async () => {
        await mend();
        await slow.settled();
      },
      "npx saga logs order-8": async () => (await begin(slow, "order-8", { ...ORDER, order_id: "8" })).over,
      [`npx saga approve trip-1 '{"by":"Ada"}'`]: async () =>
        until(await begin(trip, "trip-1", { ...TRIP, order_id: "1" }), "TaskSubmitted"),
      'npx saga reject trip-2 Refused:"too expensive"': async () =>
        until(await begin(trip, "trip-2", { ...TRIP, order_id: "2" }), "TaskSubmitted"),
      "npx saga explain trip-2": () => trip.settled(),
    };
    const cloudOf = (line: string): LocalCloud =>
      / trip-\d/.test(line) ? trip : / order-[78]/.test(line) ? slow : order;
    try {
      await (
        await begin(order, "order-1", ORDER)
      ).over;
      await (
        await begin(order, "order-3", { ...ORDER, order_id: "3", card_no: undefined })
      ).over;
      Object.assign(stubs, down);
      await (
        await begin(order, "order-5", { ...ORDER, order_id: "5", address: undefined })
      ).over;
      const page = readFileSync(PAGE, "utf8");
      const commands = told(page);
      expect(commands.length).to.be.above(15);
      const printed: Told[] = [];
      for (const { line } of commands) {
        await before[line]?.();
        await order.settled();
        const [, , ...args] = words(line);
        const { out, err } = await command(args, { env: { AWS_ENDPOINT_URL: cloudOf(line).endpoint } });
        printed.push({ line, output: (out + err).trimEnd() });
      }
      if (process.env["WRITE_TRANSCRIPTS"] !== undefined) {
        let at = 0;
        const written = page.replace(BLOCK, (block) => {
          const here = told(block).map(() => printed[at++] as Told);
          return `\`\`\`console\n${here.map(({ line, output }) => `$ ${line}\n${output}\n`).join("")}\`\`\``;
        });
        writeFileSync(PAGE, written);
        return;
      }
      for (const [at, { line, output }] of commands.entries()) {
        // Executions that began in the same millisecond may have any order.
        const shown = (text: string): string => (/ list\b/.test(line) ? sorted(masked(text)) : masked(text));
        expect(shown((printed[at] as Told).output), line).to.equal(shown(output));
      }
      for (const verb of ["list", "show", "explain", "logs", "stop", "redrive", "approve", "reject"]) {
        expect(
          commands.some(({ line }) => line.startsWith(`npx saga ${verb}`)),
          verb,
        ).to.equal(true);
      }
    } finally {
      await Promise.all([order.close(), slow.close(), trip.close()]);
    }
  });
});

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
