import { Agent, request as forward } from "node:http";
import { buffer } from "node:stream/consumers";
import { isObject } from "../../interpreter/json";
import { AwsError } from "../aws-error";
import { type Handler, jsonOf } from "./message";

/** Passes requests on to the table's own endpoint, which answers as DynamoDB does. */
export function dynamoDB(endpoint: () => string): Handler & { close(): void } {
  const agent = new Agent({ keepAlive: true });
  const pass: Handler = ({ method, headers, body }) =>
    new Promise((resolve, reject) => {
      const unreachable = (): void => {
        reject(new AwsError("InternalServerError", "The table can't be reached", { status: 500 }));
      };
      const passed = Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name)));
      forward(
        endpoint(),
        { method, headers: { ...passed, "content-length": String(body.length) }, agent },
        (response) => {
          const { "content-type": type, "x-amz-crc32": checksum } = response.headers;
          buffer(response).then((content) => {
            resolve({
              status: response.statusCode ?? 500,
              headers: {
                ...(type !== undefined && { "Content-Type": type }),
                ...(typeof checksum === "string" && { "x-amz-crc32": checksum }),
              },
              body: content,
            });
          }, unreachable);
        },
      )
        .on("error", unreachable)
        .end(body);
    });
  const handle: Handler = async (request) => {
    // What is no object, the tables' endpoint does not expect.
    if (!isObject(jsonOf(request))) throw new AwsError("SerializationException", "");
    return pass(request);
  };
  return Object.assign(handle, {
    close: () => {
      agent.destroy();
    },
  });
}

/** What a connection says of itself is not passed on. */
const OF_THE_CONNECTION: readonly string[] = ["connection", "transfer-encoding", "expect", "host"];
