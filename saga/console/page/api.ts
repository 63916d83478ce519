/** Requests to the console's server, from which the page was loaded. */

class ApiError extends Error {
  constructor(
    override readonly name: string,
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

let token = "";

/** Sets the token that every request must carry that changes something. */
export function useToken(given: string): void {
  token = given;
}

type Query = Readonly<Record<string, string | number | undefined>>;

const address = (path: string, query: Query = {}): string => {
  const url = new URL(`api/${path}`, location.origin + location.pathname);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  return url.href;
};

async function answer<T>(path: string, response: Response): Promise<T> {
  const body = (await response.json().catch(() => undefined)) as unknown;
  if (response.ok) return body as T;
  const { error } = (body ?? {}) as { readonly error?: { readonly name: string; readonly message: string } };
  throw new ApiError(
    error?.name ?? "NoAnswer",
    error?.message ?? `${path}: status ${response.status}`,
    response.status,
  );
}

/** If nothing listens, `fetch` fails without a status. */
async function request(path: string, query: Query, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address(path, query), init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ApiError("NotReached", "The console's server does not answer: is it still running?", 0);
  }
}

export async function read<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return answer(path, await request(path, query, signal ? { signal } : {}));
}

export async function write<T>(path: string, body: unknown, method: "POST" | "DELETE" = "POST"): Promise<T> {
  const headers = { "content-type": "application/json", "x-saga-console": token };
  return answer(path, await request(path, {}, { method, headers, body: JSON.stringify(body) }));
}

export type LiveHandlers = Readonly<Record<string, (data: unknown) => void>>;

/**
 * Listens to the server's live events. The browser reconnects by itself.
 * @returns a function that ends it
 */
export function listen(query: Query, handlers: LiveHandlers, onConnection: (connected: boolean) => void): () => void {
  const source = new EventSource(address("live", query));
  source.addEventListener("open", () => {
    onConnection(true);
  });
  source.addEventListener("error", () => {
    onConnection(false);
  });
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => {
      handle(JSON.parse((event as MessageEvent<string>).data));
    });
  }
  return () => {
    source.close();
  };
}

/** The text of an error. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
