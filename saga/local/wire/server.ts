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

/** The handler of a request, by its head, and the limit for its body. */
export interface Route {
  readonly handle: Handler;
  readonly writeError: WriteError;
  readonly maxBytes: number;
  /** The error for a larger body. */
  readonly tooLarge: (maxBytes: number) => AwsError;
}

export type Head = Omit<WireRequest, "body">;

/** A site that answers below a path of the port. It controls access itself. */
export interface Site {
  /** Without a slash at the end: `/console`. */
  readonly path: string;
  readonly answer: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;
}

export interface ServerOptions {
  readonly route: (head: Head) => Route;
  readonly site?: Site | undefined;
  /** 0 for a free port. */
  readonly port: number;
  readonly host: string;
  /** Whether other machines may connect, with any host name. */
  readonly exposed?: boolean;
  readonly limits?: Partial<Limits>;
}

/** The limits of one client. Times are milliseconds. */
export interface Limits {
  /** The maximum number of open connections of an address. */
  readonly connections: number;
  /** The time to receive the head of a request. */
  readonly head: number;
  /** The time to receive a whole request. */
  readonly request: number;
  /** The time that a connection may be idle. */
  readonly idle: number;
}

const LIMITS: Limits = { connections: 512, head: 10_000, request: 30_000, idle: 60_000 };
const MAX_HEAD_BYTES = 64 * 1024;

export interface Served {
  readonly endpoint: string;
  close(): Promise<void>;
}

/**
 * Answers requests on one port. It refuses invalid requests in the form of AWS before a service sees them: a host name
 * that is not this machine's, a web page of another site, a body that is too large, or a missing signature.
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

/**
 * Limits the open connections of an address. A new one closes the oldest idle one; if none is idle, the new one is
 * closed.
 */
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

/** Answers input that is not HTTP, or that comes too late. */
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
        : ["400 Bad Request", "MalformedHttpRequestException", "The request is not valid HTTP"];
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

/** Reads the rest of a refused body for a moment. Otherwise the client might not read the response. */
function discard(incoming: IncomingMessage): void {
  incoming.resume();
  setTimeout(() => incoming.destroy(), 1000).unref();
}

/**
 * Keeps web pages in a browser from reaching this machine, either by a host name that resolves to it (DNS rebinding) or
 * by a request from another site.
 * @throws AwsError AccessDeniedException
 */
function checkOrigin({ headers }: IncomingMessage, exposed: boolean): void {
  const { host = "", origin } = headers;
  const name = host.replace(/:\d+$/, "");
  if (!exposed && !OWN_NAMES.test(name)) {
    throw denied(`'${name}' is not a name of this machine: use localhost or a host name of AWS`);
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

/** The signer in the header. Empty if there is none. */
function signerOf(authorization = ""): Signer {
  const [, accessKey = "", service = ""] =
    /Credential=([^/,\s]+)\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(authorization) ?? [];
  return { accessKey, service };
}

/**
 * Checks that a request is signed, as AWS requires. The signature itself is not verified.
 * @throws AwsError MissingAuthenticationTokenException or IncompleteSignatureException
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
