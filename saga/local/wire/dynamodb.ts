import { Agent, request as forward } from "node:http";
import { buffer } from "node:stream/consumers";
import { isObject } from "../../interpreter/json";
import { AwsError } from "../aws-error";
import { type Handler, jsonOf } from "./message";

/** Forwards requests to the tables' endpoint, which answers as DynamoDB does. */
export function dynamoDB(endpoint: () => string): Handler & { close(): void } {
  const agent = new Agent({ keepAlive: true });
  const pass: Handler = ({ method, headers, body }) =>
    new Promise((resolve, reject) => {
      const unreachable = (): void => {
        reject(new AwsError("InternalServerError", "The tables' endpoint can't be reached", { status: 500 }));
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
    // dynalite expects an object.
    if (!isObject(jsonOf(request))) throw new AwsError("SerializationException", "");
    return pass(request);
  };
  return Object.assign(handle, {
    close: () => {
      agent.destroy();
    },
  });
}

/** The headers of the connection itself are not forwarded. */
const OF_THE_CONNECTION: readonly string[] = ["connection", "transfer-encoding", "expect", "host"];
