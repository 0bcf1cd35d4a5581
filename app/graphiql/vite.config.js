// Everything into one folder under one prefix, workers and fonts too: nothing is ever loaded from elsewhere.
import { defineConfig } from "vite";

export default defineConfig({
  base: "/graphiql/",
  logLevel: "warn",
  worker: { format: "es" },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 8192,
    // Libraries mark files "use client" for server rendering, which is not done here.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
});
