// Apollo Client over graphql-ws.
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { over } from "./apollo.mjs";

// A browser has it; the link tells by it which errors come from the socket.
globalThis.WebSocket = WebSocket;

export function open(url) {
  const client = createClient({ url: url.replace(/^http/, "ws") });
  return over(new GraphQLWsLink(client), () => client.dispose());
}
