import { connect } from "node:net";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawOptions {
  /** The pause after each part of the request except the last, in milliseconds. */
  readonly pauseMs?: number;
  /** The time after which it gives up, in milliseconds. */
  readonly patienceMs?: number;
}

/** Sends bytes in parts, unchanged, and reads the answer. Undefined if the connection is closed without one. */
export function sendRaw(
  endpoint: string,
  parts: readonly (string | Buffer)[],
  { pauseMs = 0, patienceMs = 5000 }: RawOptions = {},
): Promise<RawAnswer | undefined> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    const settle = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(parse(Buffer.concat(chunks)));
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer and no end within ${patienceMs} ms to ${JSON.stringify(parts).slice(0, 200)}`));
    }, patienceMs);
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      if (isComplete(Buffer.concat(chunks))) settle();
    });
    socket.on("close", settle);
    // The server may close the connection of a refused request during the sending.
    socket.on("error", settle);
    void (async () => {
      for (const [index, part] of parts.entries()) {
        if (socket.destroyed) return;
        socket.write(part);
        if (pauseMs > 0 && index < parts.length - 1) await new Promise((next) => setTimeout(next, pauseMs));
      }
    })();
  });
}

function isComplete(received: Buffer): boolean {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const [, length = "0"] = /^content-length: (\d+)/im.exec(received.subarray(0, end).toString("latin1")) ?? [];
  return received.length >= end + 4 + Number(length);
}

function parse(received: Buffer): RawAnswer | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = received.subarray(0, end).toString("latin1").split("\r\n");
  const headers = lines.map((line) => {
    const [name = "", value = ""] = line.split(/:\s*(.*)/s);
    return [name.toLowerCase(), value] as const;
  });
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1]),
    headers: Object.fromEntries(headers),
    body: received.subarray(end + 4).toString(),
  };
}

/** The name of an AWS error, from any of the protocols. */
export function errorName({ headers, body }: RawAnswer): string | undefined {
  const [, code] = /<Code>(\w+)<\/Code>/.exec(body) ?? [];
  if (code !== undefined) return code;
  if (headers["x-amzn-errortype"] !== undefined) return headers["x-amzn-errortype"];
  try {
    return (JSON.parse(body) as { __type?: string }).__type?.replace(/^.*#/, "");
  } catch {
    return undefined;
  }
}

export const AUTHORIZATION =
  "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/states/aws4_request, SignedHeaders=host, Signature=0";

/** The head and the body of an HTTP request. */
export function httpRequest({
  method = "POST",
  path = "/",
  headers = {},
  body = "",
}: {
  readonly method?: string;
  readonly path?: string;
  /** Undefined removes a header. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Buffer;
}): readonly [head: string, body: string | Buffer] {
  const all: Record<string, string | undefined> = {
    Host: "127.0.0.1",
    Authorization: AUTHORIZATION,
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Date": "20260101T000000Z",
    "Content-Length": String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return [`${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`, body];
}
