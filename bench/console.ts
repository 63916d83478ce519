/**
 * Measures the console's page in a browser: `npm run bench:console`. It prints the time of the first paint, and how smooth
 * a list of 10,000 executions and a history of 25,000 events are: tasks of more than 50 ms, and the length of frames while
 * somebody scrolls and selects other events.
 *
 * It needs Chromium: Debian's, or the one in $CHROMIUM.
 */
import type { Page } from "playwright-core";
import { DevConsole } from "../saga/cli/console";
import { CONSOLE_PATH } from "../saga/console/server";
import { LocalCloud } from "../saga/local/cloud";
import type { Program } from "../saga/local/program";
import { CHROMIUM, launch } from "../test/console/browser";
import { machine } from "./machine";

const EXECUTIONS = 10_000;
/** The number of items. Each has seven events, and the history reaches the service's limit. */
const ITEMS = 3560;

const PLACE = "eu-west-1:000000000000";
const ROLE = "arn:aws:iam::000000000000:role/all";
const machineArn = (name: string): string => `arn:aws:states:${PLACE}:stateMachine:${name}`;
const stateMachine = (name: string, states: object) => ({
  type: "aws:sfn/stateMachine:StateMachine",
  name,
  physicalName: name,
  arn: machineArn(name),
  inputs: {
    roleArn: ROLE,
    definition: JSON.stringify({ QueryLanguage: "JSONata", StartAt: Object.keys(states)[0], States: states }),
  },
});

const PROGRAM: Program = {
  resources: [
    {
      type: "aws:iam/role:Role",
      name: "all",
      physicalName: "all",
      arn: ROLE,
      inputs: {
        inlinePolicies: [
          {
            policy: JSON.stringify({
              Version: "2012-10-17",
              Statement: [{ Effect: "Allow", Action: ["lambda:InvokeFunction"], Resource: "*" }],
            }),
          },
        ],
      },
    },
    stateMachine("short", { Done: { Type: "Pass", End: true } }),
    stateMachine("long", {
      Reserve: {
        Type: "Map",
        Items: "{% [1..$states.input.items] %}",
        MaxConcurrency: 40,
        ItemProcessor: {
          ProcessorConfig: { Mode: "INLINE" },
          StartAt: "ReserveOne",
          States: {
            ReserveOne: {
              Type: "Task",
              Resource: "arn:aws:states:::lambda:invoke",
              Arguments: { FunctionName: `arn:aws:lambda:${PLACE}:function:reserve`, Payload: "{% $states.input %}" },
              TimeoutSeconds: 30,
              End: true,
            },
          },
        },
        Output: {},
        Next: "Done",
      },
      Done: { Type: "Pass", End: true },
    }),
  ],
  outputs: {},
};

/** Long tasks and frames of the browser's main thread, in milliseconds. */
interface Felt {
  readonly longTasks: readonly number[];
  readonly frames: readonly number[];
}

/** Starts to record long tasks and frames in the page. */
const note = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const noted = { longTasks: [] as number[], frames: [] as number[], last: performance.now() };
    (globalThis as unknown as { noted: typeof noted }).noted = noted;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) noted.longTasks.push(duration);
    }).observe({ entryTypes: ["longtask" as "mark"] });
    const { requestAnimationFrame } = globalThis as unknown as {
      readonly requestAnimationFrame: (then: (now: number) => void) => void;
    };
    const frame = (now: number): void => {
      noted.frames.push(now - noted.last);
      noted.last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });

/** The long tasks and frames since the last call. */
const noted = (page: Page): Promise<Felt> =>
  page.evaluate(() => {
    const { noted: all } = globalThis as unknown as { noted: { longTasks: number[]; frames: number[] } };
    return { longTasks: all.longTasks.splice(0), frames: all.frames.splice(0) };
  });

function say(what: string, { longTasks, frames }: Felt): void {
  const sorted = [...frames].sort((one, other) => one - other);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(0);
  const longest = Math.max(0, ...longTasks).toFixed(0);
  console.log(
    `${what}: ${longTasks.length} tasks over 50 ms, the longest ${longest} ms; ` +
      `${frames.length} frames: median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms`,
  );
}

async function scroll(page: Page, box: string, steps: number): Promise<void> {
  await page.locator(box).hover();
  for (let step = 0; step < steps; step++) {
    await page.mouse.wheel(0, 1500);
    await page.waitForTimeout(16);
  }
}

async function main(): Promise<void> {
  if (CHROMIUM === undefined) {
    console.log("skipped: there is no Chromium");
    return;
  }
  console.log(machine());
  const dev = new DevConsole(__dirname);
  const cloud = await LocalCloud.start(PROGRAM, {
    stubs: { ReserveOne: { output: { reserved: true } } },
    wire: { site: dev.site },
  });
  await dev.follow(cloud, PROGRAM);
  const { arn } = cloud.startExecution({ items: ITEMS }, undefined, "long");
  await cloud.settled();
  for (let begun = 0; begun < EXECUTIONS; begun++) {
    cloud.startExecution({ order_id: String(begun) }, undefined, "short");
    // The laptop cloud limits the number of open executions.
    if (begun % 1000 === 999) await cloud.settled();
  }
  const events = cloud.executions.get(arn)?.execution.history.length ?? 0;
  const browser = await launch();
  const url = `${cloud.endpoint}${CONSOLE_PATH}`;
  try {
    // In a checkout, the first request builds the page. That time must not count.
    await (await fetch(url)).text();
    const fresh = async (at = ""): Promise<Page> => {
      const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
      page.setDefaultTimeout(120_000);
      await page.goto(url + at);
      return page;
    };
    const paints: number[] = [];
    for (let time = 0; time < 5; time++) {
      const page = await fresh();
      await page.locator(".executions .row").first().waitFor();
      paints.push(
        await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN),
      );
      await page.context().close();
    }
    const [median = 0] = paints.sort((one, other) => one - other).slice(2);
    console.log(`first paint: ${median.toFixed(0)} ms, the median of ${paints.length}`);

    const list = await fresh("#/saga/short");
    await note(list);
    await list.locator(".executions .row").first().waitFor();
    const began = performance.now();
    const rows = () => list.locator(".executions").getAttribute("aria-rowcount");
    while (Number(await rows()) < EXECUTIONS && performance.now() - began < 240_000)
      await scroll(list, ".executions", 30);
    say(`${await rows()} executions, read while they are scrolled through`, await noted(list));
    await list.locator(".executions").evaluate((box) => ((box as unknown as { scrollTop: number }).scrollTop = 0));
    await list.waitForTimeout(300);
    await noted(list);
    await scroll(list, ".executions", 120);
    say("scrolled through once more", await noted(list));
    await list.context().close();

    const page = await fresh();
    await page.locator("h1").first().waitFor();
    await note(page);
    const opened = performance.now();
    await page.evaluate(
      (hash) => {
        (globalThis as unknown as { location: { hash: string } }).location.hash = hash;
      },
      `#/execution/${encodeURIComponent(arn)}`,
    );
    const tab = page.getByRole("tab", { name: /^Events/ });
    await tab.filter({ hasText: events.toLocaleString("en") }).waitFor();
    const seconds = ((performance.now() - opened) / 1000).toFixed(1);
    await page.waitForTimeout(500);
    say(`a history of ${events} events opened in ${seconds} s`, await noted(page));
    await tab.click();
    await page.locator(".events .event").first().waitFor();
    await page.waitForTimeout(500);
    await noted(page);
    await scroll(page, ".events", 120);
    say("its events scrolled through", await noted(page));
    const slider = page.getByRole("slider").first();
    await slider.focus();
    for (let press = 0; press < 60; press++) await page.keyboard.press("ArrowLeft");
    await page.waitForTimeout(300);
    say("sixty moments back, one by one", await noted(page));
  } finally {
    await browser.close();
    dev.close();
    await cloud.close();
  }
}

void main();
