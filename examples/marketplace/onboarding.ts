import { days, saga } from "saga-aws-pulumi";
import { askReviewers } from "./tasks/reviews";
import { closeShop, openShop } from "./tasks/shops";

export interface Application {
  readonly seller: string;
  readonly shop: string;
  readonly offers: string;
}

/** Opens a shop if the reviewers approve it. */
export const onboarding = ({ reviewsUrl }: { readonly reviewsUrl: string }) =>
  saga<Application>("Onboarding")
    // The name is reserved first, so that nobody else takes it during the review.
    .step("OpenShop", {
      task: openShop,
      input: ({ input }) => ({ seller: input.seller, shop: input.shop }),
      undo: { name: "CloseShop", task: closeShop, input: ({ input }) => ({ shop: input.shop }) },
    })
    .query("Approve", {
      task: askReviewers(reviewsUrl),
      input: ({ input }) => ({ seller: input.seller, shop: input.shop, offers: input.offers }),
      timeout: days(3),
    })
    .returns(({ input, Approve }) => ({ shop: input.shop, approvedBy: Approve.by }));
