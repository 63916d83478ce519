import { bind } from "./functions";
import { render } from "./jsonata";
import { expression, object, text } from "./syntax";
import type { ForEachNode } from "../language/nodes";
import { ITEM as ITEM_BRANCH, names } from "../language/state-names";
import { carried, type Env, extend, intoMap, ITEM, spellIn, undoEntryOf } from "./env";
import { assign, type Frame, transition, undoTransition } from "./frame";
import type { NodeContext } from "./sequence";
import { branch, catchLost, decide } from "./settled";

/** Runs each item of a list, several at once. Items settle like branches. The undo covers the items that were begun. */
export function forEach<Arn>(frame: Frame<Arn>, node: ForEachNode, context: NodeContext): void {
  const { name, body, forward, maxConcurrency: MaxConcurrency } = node;
  const records = names.records(name);
  const item = { [`${name}.item`]: `${ITEM}.item`, [`${name}.index`]: `${ITEM}.index` };
  const inside = (env: Env): Env => extend(intoMap(env), Object.entries(item));
  const compiled = branch(frame, {
    owner: name,
    name: ITEM_BRANCH,
    nodes: body,
    committed: forward,
    forward: inside(frame.forward),
    undo: inside(frame.undo),
    indexes: [...frame.indexes, `${name}.index`],
    record: ITEM,
    handsOn: expression(ITEM),
    ...(frame.historyResults !== undefined && { historyResults: `${ITEM}.historyResults` }),
    extra: forward
      ? []
      : [
          ["item", `${ITEM}.item`],
          ["index", `${ITEM}.index`],
        ],
  });
  const processor = (states: typeof compiled.forward) => ({ ProcessorConfig: { Mode: "INLINE" }, ...states }) as const;
  const common = { Type: "Map", MaxConcurrency } as const;

  const state = {
    ...common,
    Items: expression(itemsOf(node, frame.forward)),
    ItemProcessor: processor(compiled.forward),
  };
  if (forward) {
    frame.forwardStates.set(name, { ...state, ...transition(frame, context.exit, [[name, "$states.result"]]) });
    return;
  }
  frame.forwardStates.set(name, {
    ...state,
    Catch: catchLost(frame, node, context),
    ...assign(frame, [
      [name, "[$map($states.result, function($done) {$done.results})]"],
      [records, "$states.result"],
    ]),
    Output: frame.handsOn,
    Next: names.settled(name),
  });
  decide(frame, node, context, `${spellIn(frame.forward)(records)}.failure`);

  const entry = body.map(undoEntryOf).findLast((found) => found !== undefined);
  if (compiled.undo && entry !== undefined) {
    frame.undoStates.set(names.undo(name), {
      ...common,
      Items: expression(
        frame.historyResults === undefined
          ? begunItems(node, frame.undo, entry)
          : itemsWithHistory(node, frame.undo, frame.historyResults),
      ),
      ItemProcessor: processor(compiled.undo),
      ...undoTransition(frame, context.rest),
    });
  }
}

/** The items with their indexes, and with the item around them if there is one. */
function itemsOf(node: ForEachNode, env: Env): string {
  return bind([listOf(node, env)], eachOf(env));
}

/** The records of the items that have something to undo. Without records it may be all items. */
function begunItems(node: ForEachNode, env: Env, entry: string): string {
  const records = spellIn(env)(names.records(node.name));
  const around = carried(env);
  const begun = "$filter($given.records, function($record) {$exists($record.undo)})";
  const kept = ["item", "index", "undo", "results"].map((field) => [field, `$done.${field}`] as const);
  const recorded =
    around.length === 0 ? `[${begun}]` : `[$map(${begun}, function($done) {${object([...kept, ...around])}})]`;
  const lost = eachOf(env, [["undo", text(entry)]]);
  return bind([["records", records], listOf(node, env)], `$type($given.records) = 'array' ? ${recorded} : (${lost})`);
}

/** All items, each with its results in the history. */
function itemsWithHistory(node: ForEachNode, env: Env, historyResults: string): string {
  const results = `${historyResults}.items.${node.name}`;
  const each = eachOf(env, [["historyResults", "$lookup($given.results, $string($index))"]]);
  return bind([["results", results], listOf(node, env)], each);
}

const listOf = (node: ForEachNode, env: Env): Field => ["list", render(node.items, spellIn(env))];

/** The items of the list that is bound to a name. A missing list counts as empty. */
function eachOf(env: Env, more: readonly Field[] = []): string {
  const each = object([["item", "$item"], ["index", "$index"], ...carried(env), ...more]);
  return `$given.list != null ? [$map($given.list, function($item, $index) {${each}})] : []`;
}

type Field = readonly [string, string];
