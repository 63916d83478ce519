import type { EngineEvent } from "@pulumi/pulumi/automation";

export type Listener = { readonly onEvent: (event: EngineEvent) => void };
export type Steps = Readonly<Record<string, string>>;

/**
 * What the engine does to each resource: type and name → operation, of several the last. The stack itself and the
 * provider are left out.
 */
export async function stepsOf(operate: (listener: Listener) => Promise<unknown>): Promise<Steps> {
  const found: Record<string, string> = {};
  await operate({
    onEvent: ({ resourcePreEvent }) => {
      if (!resourcePreEvent) return;
      const { op, urn } = resourcePreEvent.metadata;
      const [types = "", name = ""] = urn.split("::").slice(2);
      const type = types.split("$").at(-1) ?? "";
      if (!type.startsWith("pulumi:")) found[`${type} ${name}`] = op;
    },
  });
  return found;
}
