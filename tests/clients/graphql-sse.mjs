import { createClient } from "graphql-sse";
import { observed } from "./observed.mjs";

export function open(url) {
  const client = createClient({ url, singleConnection: false });
  const run = (query, variables) =>
    observed((sink) => ({ unsubscribe: client.subscribe({ query, variables }, sink) }));
  return {
    subscribe: run,
    query: async (query) => (await run(query).next()).value.data,
    close: () => client.dispose(),
  };
}
