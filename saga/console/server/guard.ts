import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { invalid, Refusal } from "./refusal";

/** The headers of every answer: the page runs only its own script, sends nothing elsewhere, and can't be in a frame. */
export const HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
};

/**
 * Lets in requests from this machine, and none from pages of other origins. The Host must be a name of this machine:
 * another name that resolves to it is DNS rebinding. A page on another port has another origin, although it is same-site.
 * @param isPage Whether the page itself is requested. Any site may link to it.
 * @throws Refusal
 */
export function checkCaller({ headers, socket }: IncomingMessage, isPage: boolean): void {
  if (!LOOPBACK.test(socket.remoteAddress ?? "")) {
    throw denied("the console answers only to this machine: to open it from another one, forward the port with ssh");
  }
  const { host = "", origin } = headers;
  if (!OWN_NAMES.test(host)) {
    throw denied(`'${host}' is not a name of this machine: open the console as localhost or 127.0.0.1`);
  }
  if (origin !== undefined && origin !== `http://${host}`) throw denied(`pages of ${origin} have no access`);
  const site = headers["sec-fetch-site"] ?? "same-origin";
  const isVisit = isPage && headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
  if (site !== "same-origin" && site !== "none" && !isVisit) throw denied("pages of other origins have no access");
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/;
const OWN_NAMES = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

const denied = (message: string): Refusal => new Refusal(403, "AccessDenied", message);

/** The token of requests that change something. Only a page from this server knows it. */
export class Token {
  readonly value = randomBytes(32).toString("base64url");

  /** @throws Refusal */
  check({ headers }: IncomingMessage): void {
    const given = Buffer.from(String(headers[TOKEN_HEADER] ?? ""));
    const expected = Buffer.from(this.value);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw denied("the request does not have the console's token: load the page again");
    }
  }
}

const TOKEN_HEADER = "x-saga-console";

/** An execution's input has up to 256 KiB, and JSON may escape a character as six. */
const MOST_BYTES = 2 * 1024 * 1024;

/**
 * The JSON of a request.
 * @throws Refusal
 */
export async function readJsonBody(incoming: IncomingMessage): Promise<unknown> {
  const { headers } = incoming;
  if (!/^application\/json(\s*;|$)/i.test(headers["content-type"] ?? "")) {
    throw new Refusal(415, "UnsupportedMediaType", "the request's Content-Type must be application/json");
  }
  const tooLarge = (): Refusal => new Refusal(413, "RequestTooLarge", `a request may have up to ${MOST_BYTES} bytes`);
  if (Number(headers["content-length"] ?? 0) > MOST_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch {
    throw invalid("the request's body is not JSON");
  }
}
