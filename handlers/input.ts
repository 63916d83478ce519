import { nonBlank, type Rule } from "../saga";

export const orderId = nonBlank(255);

export const address = nonBlank(1024);

// Well within DynamoDB's numbers: the table never refuses a total that passes here.
export const total: Rule<number> = {
  expected: "a positive number, 0.001 to 1000000000000",
  holds: (value): value is number => typeof value === "number" && value >= 0.001 && value <= 1e12,
};

export const cardNo: Rule<string> = {
  expected: "a string of 4 to 19 digits, which spaces and dashes may separate",
  holds: (value): value is string =>
    typeof value === "string" && /^[ -]*(\d[ -]*){4,19}$/.test(value) && value.length <= 64,
};
