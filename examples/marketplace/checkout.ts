import type * as pulumi from "@pulumi/pulumi";
import { concat, count, orElse, saga } from "saga-aws-pulumi";
import { announce } from "./tasks/news";
import { placeOrder, withdrawOrder } from "./tasks/orders";
import { type PaymentService, payments } from "./tasks/payments";
import { quote } from "./tasks/quote";
import { release, reserve } from "./tasks/things";

export interface Basket {
  readonly order: string;
  readonly buyer: string;
  readonly card: string;
  /** In cents. */
  readonly total: number;
  readonly things: readonly { readonly seller: string; readonly thing: string }[];
  readonly note?: string;
}

export interface CheckoutParts {
  readonly newsTopic: pulumi.Input<string>;
  readonly payments: PaymentService;
}

/**
 * Reserves the things in the basket and charges the card, in parallel. Then places the order. From then on the saga
 * only goes forward, and announces the order.
 */
export function checkout({ newsTopic, payments: service }: CheckoutParts) {
  const { charge, refund } = payments(service);

  return saga<Basket>("Checkout")
    .query("Quote", { task: quote, input: ({ input }) => ({ total: input.total }) })
    .parallel("Secure", {
      goods: (s) =>
        s.forEach(
          "Things",
          ({ input }) => input.things,
          (each, { seller, thing }) =>
            each.step("Reserve", {
              task: reserve,
              input: ({ input }) => ({ seller, thing, order: input.order }),
              undo: { name: "Release", task: release, input: () => ({ seller, thing }) },
              definite: ["ThingTaken"],
            }),
        ),
      money: (s) =>
        s.step("Charge", {
          task: charge,
          input: ({ input }) => ({ card: input.card, amount: input.total }),
          // The service knows a charge by the saga's identity, so a charge whose answer was lost is refunded too.
          undo: { name: "Refund", task: refund, input: () => ({}) },
        }),
    })
    .pivot("PlaceOrder", {
      task: placeOrder,
      input: ({ input, Quote, Secure }) => ({
        buyer: input.buyer,
        order: input.order,
        payment: Secure.money.Charge.payment,
        fee: Quote.fee,
      }),
      undo: {
        name: "WithdrawOrder",
        task: withdrawOrder,
        input: ({ input }) => ({ buyer: input.buyer, order: input.order }),
      },
    })
    .step("Announce", {
      task: announce(newsTopic),
      input: ({ input }) => ({
        TopicArn: newsTopic,
        Subject: concat("Order ", input.order),
        Message: concat(count(input.things), " sold: ", orElse(input.note, "no note")),
      }),
    })
    .returns(({ input, Quote, Secure }) => ({
      order: input.order,
      payment: Secure.money.Charge.payment,
      fee: Quote.fee,
    }));
}
