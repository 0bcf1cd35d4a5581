// Apollo Client over HTTP alone: subscriptions come as parts of a multipart response.
import { HttpLink } from "@apollo/client";
import { over } from "./apollo.mjs";

export const open = (uri) => over(new HttpLink({ uri }));
