import { callbackTask } from "saga-aws-pulumi";

/** Asks the reviewers. Their tool answers with the token: SendTaskSuccess with `{ "by": "…" }`, or SendTaskFailure. */
export const askReviewers = (url: string) =>
  callbackTask<{ readonly seller: string; readonly shop: string; readonly offers: string }, { readonly by: string }>(
    "askReviewers",
    {
      environment: { REVIEWS_URL: url },
      handler: () => {
        const { REVIEWS_URL = "" } = process.env;
        return async ({ seller, shop, offers, task_token }) => {
          const answer = await fetch(REVIEWS_URL, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ seller, shop, offers, task_token }),
          });
          if (!answer.ok) throw new Error(`the reviewers' tool answers ${answer.status}`);
        };
      },
    },
  );
