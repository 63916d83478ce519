import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { promisify } from "node:util";
import { AwsError } from "../aws-error";
import {
  asAwsError,
  type Handler,
  jsonError,
  queryError,
  type Signer,
  type WireAnswer,
  type WireRequest,
  type WriteError,
} from "./message";

/** Who answers a request, by what its head says; and what of a body that takes. */
export interface Route {
  readonly handle: Handler;
  readonly writeError: WriteError;
  readonly maxBytes: number;
  /** What a body beyond that is refused with. */
  readonly tooLarge: (maxBytes: number) => AwsError;
}

export type Head = Omit<WireRequest, "body">;

/** What else answers on the port, below a path: it checks for itself who asks. */
export interface Site {
  /** Without a slash at its end: `/console`. */
  readonly path: string;
  readonly answer: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;
}

export interface ServerOptions {
  readonly route: (head: Head) => Route;
  readonly site?: Site | undefined;
  /** 0 for a free one. */
  readonly port: number;
  readonly host: string;
  /** Reached from other machines, by whatever name they know this one. */
  readonly exposed?: boolean;
  readonly limits?: Partial<Limits>;
}

/** What one client may take of this machine. Times are milliseconds. */
export interface Limits {
  /** How many connections an address may have open. */
  readonly connections: number;
  /** Until the head of a request is there. */
  readonly head: number;
  /** Until all of it is. */
  readonly request: number;
  /** How long a connection may be idle. */
  readonly idle: number;
}

const LIMITS: Limits = { connections: 512, head: 10_000, request: 30_000, idle: 60_000 };
const MAX_HEAD_BYTES = 64 * 1024;

export interface Served {
  readonly endpoint: string;
  close(): Promise<void>;
}

/**
 * Answers requests on one port. What is not right about one before a service sees it is refused here, in the shape of
 * AWS: a name that is not this machine's, a web page of somebody else, a body that is too large, no signature.
 */
export async function startServer(options: ServerOptions): Promise<Served> {
  const { port, host, exposed = false } = options;
  const limits = { ...LIMITS, ...options.limits };
  const server = createServer(
    {
      headersTimeout: limits.head,
      requestTimeout: limits.request,
      keepAliveTimeout: limits.idle,
      connectionsCheckingInterval: Math.min(1000, limits.head),
      maxHeaderSize: MAX_HEAD_BYTES,
    },
    (incoming, outgoing) => {
      const { site, route } = options;
      const answered =
        site && isBelow(site.path, incoming.url)
          ? site.answer(incoming, outgoing)
          : answer(incoming, outgoing, { route, exposed });
      answered.catch(() => {
        outgoing.destroy();
      });
    },
  );
  boundConnections(server, limits.connections);
  server.on("clientError", refuseMalformed);
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    endpoint: `http://${/^(0\.0\.0\.0|\[::\])$/.test(shown) ? "localhost" : shown}:${address.port}`,
    async close() {
      const closed = promisify(server.close.bind(server))();
      server.closeAllConnections();
      await closed;
    },
  };
}

const isBelow = (path: string, url = ""): boolean => url.startsWith(path) && /^([/?]|$)/.test(url.slice(path.length));

/** Closes what an address opens beyond its share: first what is idle, the oldest of it. */
function boundConnections(server: Server, most: number): void {
  const open = new Map<string, Set<Socket>>();
  const busy = new WeakMap<Socket, number>();
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const ofAddress = open.get(address) ?? new Set();
    open.set(address, ofAddress);
    if (ofAddress.size >= most) {
      const idle = [...ofAddress].find((each) => !busy.get(each));
      if (!idle) {
        socket.destroy();
        return;
      }
      ofAddress.delete(idle);
      idle.destroy();
    }
    ofAddress.add(socket);
    socket.once("close", () => {
      ofAddress.delete(socket);
      if (ofAddress.size === 0) open.delete(address);
    });
  });
  server.on("request", ({ socket }: IncomingMessage, outgoing: ServerResponse) => {
    busy.set(socket, (busy.get(socket) ?? 0) + 1);
    outgoing.once("close", () => busy.set(socket, (busy.get(socket) ?? 1) - 1));
  });
}

/** What is no HTTP, or comes too late. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const [status, name, message] =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? ["408 Request Timeout", "RequestTimeoutException", "The request was not received in time"]
      : error.code === "HPE_HEADER_OVERFLOW"
        ? [
            "431 Request Header Fields Too Large",
            "MalformedHttpRequestException",
            "The request's headers are too large",
          ]
        : ["400 Bad Request", "MalformedHttpRequestException", "The request is no HTTP that this machine can read"];
  const body = JSON.stringify({ __type: name, message });
  const head = [
    `HTTP/1.1 ${status}`,
    "Content-Type: application/x-amz-json-1.0",
    `Content-Length: ${Buffer.byteLength(body)}`,
    `x-amzn-RequestId: ${randomUUID()}`,
    `x-amzn-ErrorType: ${name}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { route, exposed }: { readonly route: (head: Head) => Route; readonly exposed: boolean },
): Promise<void> {
  const id = randomUUID();
  const form = incoming.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true;
  let writeError: WriteError = form ? queryError("https://iam.amazonaws.com/") : jsonError("1.0");
  let answered: WireAnswer;
  try {
    checkOrigin(incoming, exposed);
    const head = readHead(incoming, id);
    const to = route(head);
    writeError = to.writeError;
    const signer = checkSigner(head);
    const body = await readBody(incoming, to);
    answered = await to.handle({ ...head, signer, body });
  } catch (error) {
    answered = writeError(asAwsError(error), id);
  }
  const { status, headers = {}, body = "" } = answered;
  if (outgoing.destroyed) return;
  const rest = incoming.complete ? {} : { Connection: "close" };
  outgoing
    .writeHead(status, { ...headers, "x-amzn-RequestId": id, "Content-Length": Buffer.byteLength(body), ...rest })
    .end(incoming.method === "HEAD" ? "" : body);
  if (!incoming.complete) discard(incoming);
}

/** Reads what is left of a refused body for a moment, so that whoever sends it comes to read the answer. */
function discard(incoming: IncomingMessage): void {
  incoming.resume();
  setTimeout(() => incoming.destroy(), 1000).unref();
}

/** A page in a browser must not reach this machine: not by a name that it has lead here, nor by its visitor. */
function checkOrigin({ headers }: IncomingMessage, exposed: boolean): void {
  const { host = "", origin } = headers;
  const name = host.replace(/:\d+$/, "");
  if (!exposed && !OWN_NAMES.test(name)) {
    throw denied(`'${name}' is no name of this machine, which answers to localhost and to names of AWS`);
  }
  if (origin !== undefined && origin !== `http://${host}`) throw denied(`web pages of ${origin} have no access`);
  if (headers["sec-fetch-site"] === "cross-site") throw denied("web pages of other sites have no access");
}

const OWN_NAMES = /^(localhost|(.+\.)?localhost|127(\.\d{1,3}){3}|\[::1\]|([\w-]+\.)+amazonaws\.com(\.cn)?)$/i;

const denied = (message: string): AwsError => new AwsError("AccessDeniedException", message, { status: 403 });

function readHead({ method = "", url = "", headers }: IncomingMessage, id: string): Head {
  const [path = "", query = ""] = url.split(/\?(.*)/s);
  return { id, method, path, query: new URLSearchParams(query), headers, signer: signerOf(headers.authorization) };
}

/** Who signs, as far as the header tells; empty where it does not. */
function signerOf(authorization = ""): Signer {
  const [, accessKey = "", service = ""] =
    /Credential=([^/,\s]+)\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(authorization) ?? [];
  return { accessKey, service };
}

/**
 * As AWS, this machine wants requests to be signed; with what, it does not look at.
 * @throws AwsError
 */
function checkSigner({ headers, signer }: Head): Signer {
  const { authorization } = headers;
  if (authorization === undefined || authorization === "") {
    throw new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", { status: 403 });
  }
  if (signer.accessKey === "") {
    throw new AwsError(
      "IncompleteSignatureException",
      "Authorization header requires 'Credential' parameter, of the form KEY/DATE/REGION/SERVICE/aws4_request.",
      { status: 403 },
    );
  }
  return signer;
}

async function readBody(incoming: IncomingMessage, { maxBytes, tooLarge }: Route): Promise<Buffer> {
  if (Number(incoming.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
