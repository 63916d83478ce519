// A payment service and a reviewers' tool on this machine, for the tests and for `npm run partners`.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

interface Payment {
  readonly payment: string;
  /** Undefined if a refund came first. */
  readonly amount?: number;
  readonly refunded: boolean;
}

export interface Partners {
  readonly paymentsUrl: string;
  readonly reviewsUrl: string;
  /** By their idempotency keys. */
  readonly payments: ReadonlyMap<string, Payment>;
  readonly applications: readonly unknown[];
  readonly forget: () => void;
  readonly close: () => Promise<void>;
}

export const PAYMENTS_KEY = "sk-for-tests";

/** @param port 0 takes any free port. */
export async function startPartners(port = 0): Promise<Partners> {
  const payments = new Map<string, Payment>();
  const applications: unknown[] = [];

  const pay = (method: string, key: string, asked: { readonly card?: string; readonly amount?: number }) => {
    const known = payments.get(key);
    if (method === "DELETE") {
      payments.set(key, { payment: `pay-${payments.size + 1}`, ...known, refunded: true });
      return 200;
    }
    if (known?.refunded) return 410;
    if (asked.card === "declined") return 402;
    if (!known) payments.set(key, { payment: `pay-${payments.size + 1}`, amount: asked.amount ?? 0, refunded: false });
    return 200;
  };

  const server = createServer((request, response) => {
    const [, service, key = ""] = (request.url ?? "").split("/");
    const answer = (status: number, body: object = {}) => {
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    };
    json(request).then(
      (asked) => {
        if (service === "reviews") {
          applications.push(asked);
          answer(200);
        } else if (request.headers.authorization !== `Bearer ${PAYMENTS_KEY}`) answer(401);
        else answer(pay(request.method ?? "", key, asked as object), payments.get(key));
      },
      () => {
        answer(400);
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    paymentsUrl: `${url}/payments`,
    reviewsUrl: `${url}/reviews`,
    payments,
    applications,
    forget: () => {
      payments.clear();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

if (require.main === module) {
  void startPartners(4010).then(({ paymentsUrl, reviewsUrl }) => {
    console.log(`payments at ${paymentsUrl}\nreviews at  ${reviewsUrl}\nPAYMENTS_KEY=${PAYMENTS_KEY}`);
  });
}
