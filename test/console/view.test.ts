import { expect } from "chai";
import { SLOW } from "../slow";
import { browse, type Browsing, describeInBrowser, seriousFlaws } from "./browser";
import { until } from "./fixture";

const INPUTS = [
  { order_id: "1", total: 100, card_no: "123-1234", address: "123 st" },
  { order_id: "3", total: 100 },
];

describeInBrowser(`the console in a browser ${SLOW}`, function () {
  this.timeout(120_000);
  let browsing: Browsing;
  let arns: readonly string[];
  before(async () => {
    browsing = await browse();
    arns = INPUTS.map((input) => browsing.cloud.startExecution(input).arn);
    await browsing.cloud.settled();
  });
  after(() => browsing.close());

  it("notices an accessibility flaw, a request to another server and an error", async () => {
    const page = await browsing.open();
    await page.locator("h1").first().waitFor();
    await page.evaluate(() => {
      const { document } = globalThis as any;
      const image = document.createElement("img");
      image.src = "http://127.0.0.1:9/x.png";
      document.body.append(image);
      setTimeout(() => {
        throw new Error("of the test");
      });
    });
    await until(async () => browsing.complaints().length > 0);
    expect((await seriousFlaws(page)).join()).to.match(/^image-alt: /);
    await page.context().close();
    browsing.complaints();
  });

  for (const colorScheme of ["light", "dark"] as const) {
    it(`has no serious finding of axe-core and no error in any view, in the ${colorScheme} theme`, async () => {
      const [completed = "", compensated = ""] = arns.map(encodeURIComponent);
      const views = [
        "",
        "#/saga/OrderFulfilment",
        `#/execution/${completed}`,
        `#/execution/${compensated}?at=9`,
        "#/open",
      ];
      for (const view of views) {
        const page = await browsing.open(view, { colorScheme });
        await page.locator("h1").first().waitFor();
        await until(async () => (await page.getByText("Loading…").count()) === 0);
        expect(await seriousFlaws(page), view).to.deep.equal([]);
        expect(browsing.complaints(), view).to.deep.equal([]);
        await page.context().close();
      }
    });
  }
});
