import { check, logged, nonBlank, openStore, task, type Undone } from "saga-aws-pulumi";

interface ShopName {
  readonly shop: string;
}

interface Shop {
  readonly seller: string;
}

/** A shop's name is unique. */
const openShops = () =>
  openStore<ShopName, Shop>({
    table: process.env["TABLE_NAME"],
    entity: "Shop",
    key: ({ shop }) => ({ owner: shop, record: "SHOP" }),
  });

export const openShop = task<ShopName & Shop, Shop>("openShop", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const shops = openShops();
    return logged("openShop", async (event) => {
      check("InvalidShop", event, { shop: nonBlank(100), seller: nonBlank(200) });
      return shops.create(event, { seller: event.seller });
    });
  },
});

export const closeShop = task<ShopName, Undone>("closeShop", {
  table: ["UpdateItem"],
  handler: () => {
    const shops = openShops();
    return logged("closeShop", (event) => shops.undo(event));
  },
});
