import type { IncomingMessage, ServerResponse } from "node:http";
import { Api } from "./api";
import { PageFiles } from "./files";
import { checkCaller, HEADERS } from "./guard";
import { type ConsoleOptions, unmasked } from "./options";
import { notFound, Refusal, refusalOf } from "./refusal";

export type { ConsoleFault, ConsoleOptions, ConsoleTarget, FaultSwitch, KnownMachine } from "./options";

/** The console's path on any port. */
export const CONSOLE_PATH = "/console/";
const API = `${CONSOLE_PATH}api/`;

/** The console's answers to requests below its path. */
export class ConsoleServer {
  private readonly api: Api;
  private readonly files = new PageFiles();

  constructor(private readonly options: ConsoleOptions) {
    this.api = new Api(options);
  }

  async answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      await this.route(incoming, outgoing);
    } catch (error) {
      const refusal = refusalOf(error);
      if (outgoing.headersSent) outgoing.destroy();
      else {
        const { status, name, message, headers } = refusal;
        this.json(outgoing, { error: { name, message } }, { status, headers: this.closing(incoming, headers) });
      }
    }
    // A client may read the answer only after it has sent its body. So the rest of a refused body is read for a second.
    if (!incoming.complete) {
      incoming.resume();
      setTimeout(() => incoming.destroy(), 1000).unref();
    }
  }

  /** The program has changed: the pages are notified. */
  changed(): void {
    this.api.changed();
  }

  close(): void {
    this.api.close();
  }

  private async route(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "", url = "" } = incoming;
    const [path = "", query = ""] = url.split(/\?(.*)/s);
    const isApi = path.startsWith(API);
    checkCaller(incoming, !isApi && (method === "GET" || method === "HEAD"));
    if (isApi) {
      const request = { incoming, outgoing, query: new URLSearchParams(query) };
      const answer = await this.api.answerTo(path.slice(API.length), request);
      if (answer) this.json(outgoing, answer, { status: 200 });
      return;
    }
    await this.page(path, incoming, outgoing);
  }

  private async page(path: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "", headers } = incoming;
    if (method !== "GET" && method !== "HEAD") {
      throw new Refusal(405, "MethodNotAllowed", `the page accepts GET, not ${method}`, { Allow: "GET, HEAD" });
    }
    if (path === "/" || path === CONSOLE_PATH.slice(0, -1)) {
      outgoing.writeHead(308, { ...HEADERS, Location: CONSOLE_PATH, "Content-Length": 0 }).end();
      return;
    }
    if (!path.startsWith(CONSOLE_PATH)) throw notFound("the console has no such path");
    // The rest is looked up as a name, never as a path: no other file of this machine can be read.
    const file = await this.files.get(path === CONSOLE_PATH ? "index.html" : path.slice(CONSOLE_PATH.length));
    if (!file) throw notFound("the console has no such file");
    const { type, content, tag } = file;
    const common = { ...HEADERS, ETag: tag, "Cache-Control": "no-cache" };
    if (headers["if-none-match"] === tag) {
      outgoing.writeHead(304, common).end();
      return;
    }
    outgoing
      .writeHead(200, { ...common, "Content-Type": type, "Content-Length": content.byteLength })
      .end(method === "HEAD" ? "" : content);
  }

  private json(
    outgoing: ServerResponse,
    value: object,
    { status, headers = {} }: { readonly status: number; readonly headers?: Readonly<Record<string, string>> },
  ): void {
    if (outgoing.destroyed) return;
    const { mask = unmasked } = this.options;
    const body = mask(JSON.stringify(value));
    outgoing
      .writeHead(status, {
        ...HEADERS,
        ...headers,
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Length": Buffer.byteLength(body),
      })
      .end(body);
  }

  private closing(
    { complete }: IncomingMessage,
    headers: Readonly<Record<string, string>>,
  ): Readonly<Record<string, string>> {
    return complete ? headers : { ...headers, Connection: "close" };
  }
}
