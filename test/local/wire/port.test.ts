import { connect, type Socket } from "node:net";
import { expect } from "chai";
import { LocalCloud } from "../../../saga/local/cloud";
import { errorName, httpRequest, sendRaw } from "./raw";

const LIST = { headers: { "X-Amz-Target": "AWSStepFunctions.ListStateMachines" }, body: "{}" };

describe("the port of the wire", function () {
  this.timeout(30_000);
  let cloud: LocalCloud;

  before(async () => {
    const limits = { connections: 20, head: 300, request: 600, idle: 5000 };
    cloud = await LocalCloud.start({ resources: [], outputs: {} }, { wire: { limits } });
  });
  after(() => cloud.close());

  const send = async (request: Parameters<typeof httpRequest>[0]) => {
    const answer = await sendRaw(cloud.endpoint, httpRequest(request));
    if (!answer) throw new Error("the connection was closed");
    const { status, headers } = answer;
    expect(headers["x-amzn-requestid"]).to.match(/^[0-9a-f-]{36}$/);
    return { status, name: errorName(answer), body: answer.body, connection: headers["connection"] };
  };
  const list = (headers: Readonly<Record<string, string | undefined>> = {}) =>
    send({ ...LIST, headers: { ...LIST.headers, ...headers } });

  it("accepts only host names of this machine and of AWS, which prevents DNS rebinding", async () => {
    const names = ["127.0.0.1:4566", "localhost", "[::1]:1", "states.eu-west-1.amazonaws.com", "aws.localhost"];
    for (const Host of names) expect(await list({ Host }), Host).to.include({ status: 200 });
    for (const Host of ["evil.example", "127.0.0.1.evil.example", "amazonaws.com.evil.example", "10.0.0.1", ""]) {
      expect(await list({ Host }), Host).to.include({ status: 403, name: "AccessDeniedException" });
    }
  });

  it("refuses what a browser sends from another site", async () => {
    expect(await list({ Host: "localhost:1", Origin: "http://localhost:1" })).to.include({ status: 200 });
    for (const headers of [
      { Origin: "http://evil.example" },
      { Origin: "http://localhost:3000" },
      { Origin: "null" },
      { "Sec-Fetch-Site": "cross-site" },
    ]) {
      expect(await list(headers)).to.include({ status: 403, name: "AccessDeniedException" });
    }
    const preflight = await send({ method: "OPTIONS", headers: { Origin: "http://evil.example" } });
    expect(preflight).to.include({ status: 403, name: "AccessDeniedException" });
  });

  it("requires a signature, as AWS does, but does not verify it", async () => {
    expect(await list({ Authorization: undefined })).to.include({
      status: 403,
      name: "MissingAuthenticationTokenException",
    });
    expect(await list({ Authorization: "Bearer x" })).to.include({ status: 403, name: "IncompleteSignatureException" });
  });

  it("distinguishes services by their targets, paths and forms, and refuses unknown ones", async () => {
    expect(await list({ "X-Amz-Target": "AWSStepFunctions.CreateActivity" })).to.include({
      status: 400,
      name: "UnknownOperationException",
    });
    expect(await list({ "X-Amz-Target": "AWSStepFunctions.toString" })).to.include({
      name: "UnknownOperationException",
    });
    expect(await list({ "X-Amz-Target": "AmazonEC2.RunInstances" })).to.include({ name: "UnknownOperationException" });
    expect(await send({ path: "/anything" })).to.include({ name: "UnknownOperationException" });
    expect(await send({ path: "/2015-03-31/functions/x/policy", method: "GET" })).to.include({
      name: "UnknownOperationException",
    });
    const form = { "Content-Type": "application/x-www-form-urlencoded", Authorization: undefined };
    const unsigned = await send({ headers: form, body: "Action=GetCallerIdentity&Version=2011-06-15" });
    expect(unsigned).to.include({ status: 403, name: "MissingAuthenticationTokenException" });
    expect(unsigned.body).to.match(/^<ErrorResponse /);
  });

  it("refuses a body that is invalid, or too large, before it has read all of it", async () => {
    for (const body of ["", "x", "[]", "1", "null", "{"]) {
      expect(await send({ ...LIST, body }), body).to.include({ status: 400, name: "SerializationException" });
    }
    const large = await send({ ...LIST, headers: { ...LIST.headers, "Content-Length": String(5 * 1024 * 1024) } });
    expect(large).to.include({ status: 413, name: "RequestEntityTooLargeException", connection: "close" });
    const chunked = await sendRaw(cloud.endpoint, [
      httpRequest({ headers: { ...LIST.headers, "Content-Length": undefined, "Transfer-Encoding": "chunked" } })[0],
      ...Array.from({ length: 5 }, () => `100000\r\n${"x".repeat(1024 * 1024)}\r\n`),
    ]);
    expect(chunked && errorName(chunked)).to.equal("RequestEntityTooLargeException");
  });

  it("does not wait for the rest of an incomplete request", async () => {
    const [head] = httpRequest({ ...LIST, headers: { ...LIST.headers, "Content-Length": "10" } });
    const late = { status: 408, name: "RequestTimeoutException" };
    for (const parts of [["POST / HTTP/1.1\r\n"], [head], [head, "{"]]) {
      const began = Date.now();
      const answer = await sendRaw(cloud.endpoint, parts);
      expect(answer && { status: answer.status, name: errorName(answer) }).to.deep.equal(late);
      expect(Date.now() - began).to.be.below(3000);
    }
    const garbage = await sendRaw(cloud.endpoint, ["\x00\x01\x02 nonsense\r\n\r\n"]);
    expect(garbage && { status: garbage.status, name: errorName(garbage) }).to.deep.equal({
      status: 400,
      name: "MalformedHttpRequestException",
    });
    const overflow = await sendRaw(cloud.endpoint, [`POST / HTTP/1.1\r\nX: ${"x".repeat(128 * 1024)}\r\n\r\n`]);
    expect(overflow?.status).to.equal(431);
  });

  it("limits the open connections of an address, and closes the oldest idle one for a new one", async () => {
    const { hostname, port } = new URL(cloud.endpoint);
    const sockets: Socket[] = [];
    const closed = new Set<Socket>();
    for (let n = 0; n < 60; n++) {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => {});
      socket.on("close", () => closed.add(socket));
      await new Promise((resolve) => socket.once("connect", resolve));
      sockets.push(socket);
    }
    expect(await list(), "it is served all the same").to.include({ status: 200 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(closed.size).to.be.at.least(40);
    expect([...closed].every((socket) => sockets.indexOf(socket) <= 41)).to.equal(true);
    for (const socket of sockets) socket.destroy();
  });

  it("is a free one or the requested one, and fails if that is in use", async () => {
    const { port } = new URL(cloud.endpoint);
    const second = LocalCloud.start({ resources: [], outputs: {} }, { wire: { port: Number(port) } });
    expect(await second.catch((error: unknown) => (error as NodeJS.ErrnoException).code)).to.equal("EADDRINUSE");
  });
});
