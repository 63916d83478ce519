import { expect } from "chai";
import { buildPage } from "../../saga/console/build";

const KB = 1024;

describe("the page, as it is built", function () {
  this.timeout(60_000);

  it("has less than 150 KB compressed, and loads nothing from other servers", async () => {
    const { files, compressed } = await buildPage();
    expect(Object.keys(files)).to.deep.equal(["index.html", "app.js", "app.css"]);
    expect(compressed).to.be.within(10 * KB, 150 * KB);
    const [html, script, style] = Object.values(files).map((content) => Buffer.from(content).toString());
    // The HTML loads only the other two files.
    expect([...String(html).matchAll(/(?:src|href)="([^"]*)"/g)].map(([, to]) => to)).to.deep.equal([
      "data:,",
      "app.css",
      "app.js",
    ]);
    expect(html).not.to.match(/<script(?![^>]*src=)|<style|\son\w+=|style=/);
    expect(style).not.to.match(/@import|url\((?!["']?data:)/);
    expect(script).not.to.match(/\bimport\s*\(|\beval\(|new Function\(|sourceMappingURL/);
  });

  it("contains the licences of the bundled packages", async () => {
    const { files } = await buildPage();
    const [, notice = ""] = /^\/\*!([^]*?)\*\//.exec(Buffer.from(files["app.js"] as Uint8Array).toString()) ?? [];
    for (const name of ["preact", "@preact/signals", "@preact/signals-core", "@dagrejs/dagre"]) {
      expect(notice).to.match(new RegExp(`^\\s*${name} \\d+\\.\\d+\\.\\d+$`, "m"));
    }
    expect(notice.match(/Permission is hereby granted, free of charge/g)).to.have.length.of.at.least(4);
  });
});
