// GraphiQL with ChargeGraph's own examples in its tabs. Dark and light follow the browser; GraphiQL's settings change it.
import "graphiql/setup-workers/vite";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createClient } from "graphql-ws";
import { createRoot } from "react-dom/client";
import "graphiql/style.css";
import "./page.css";

const files = import.meta.glob("../examples/*.graphql", { query: "?raw", import: "default", eager: true });
const examples = Object.keys(files).sort().map((path) => ({ query: files[path] }));
const url = new URL("/graphql", window.location.href).toString();
const wsClient = createClient({ url: url.replace(/^http/, "ws"), lazy: true });
const fetcher = createGraphiQLFetcher({ url, wsClient });

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL fetcher={fetcher} defaultTabs={examples} shouldPersistHeaders={false}>
    <GraphiQL.Logo>
      <span className="chargegraph-logo">ChargeGraph</span>
    </GraphiQL.Logo>
  </GraphiQL>,
);
