import { ApolloClient, InMemoryCache, gql } from "@apollo/client";
import { observed } from "./observed.mjs";

export function over(link, close) {
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  return {
    subscribe: (query, variables) =>
      observed((sink) => client.subscribe({ query: gql(query), variables, fetchPolicy: "no-cache" }).subscribe(sink)),
    query: async (query) => (await client.query({ query: gql(query), fetchPolicy: "no-cache" })).data,
    close: async () => {
      client.stop();
      await close?.();
    },
  };
}
