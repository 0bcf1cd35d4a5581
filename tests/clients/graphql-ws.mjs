import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { observed } from "./observed.mjs";

export function open(url) {
  const client = createClient({ url: url.replace(/^http/, "ws"), webSocketImpl: WebSocket });
  const run = (query, variables) =>
    observed((sink) => ({ unsubscribe: client.subscribe({ query, variables }, sink) }));
  return {
    subscribe: run,
    query: async (query) => (await run(query).next()).value.data,
    close: () => client.dispose(),
  };
}
