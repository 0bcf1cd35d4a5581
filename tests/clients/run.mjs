// One client's way through a gateway: `node run.mjs CLIENT URL`. Prints a line of JSON for each thing that it was told.
// Follows five events after the first one, asks a query, and subscribes to something that is not there.
const [name, url] = process.argv.slice(2);
const { open } = await import(`./${name}.mjs`);

const EVENTS = "subscription Follow($after: String) { events(after: $after) { cursor type } }";
const MOST = 5;

const tell = (what) => console.log(JSON.stringify(what));
const plain = ({ data, errors, error }) => {
  const wrong = errors ?? error?.errors ?? error?.graphQLErrors ?? (error ? [error] : undefined);
  return wrong?.length ? { errors: wrong.map(({ message }) => message) } : { cursor: data.events.cursor };
};

const client = open(`${url}/graphql`);
let told = 0;
for await (const answer of client.subscribe(EVENTS, { after: "1" })) {
  tell(plain(answer));
  if (++told === MOST) break;
}
tell(await client.query("query Slugs { vendors { slug } }"));
for await (const answer of client.subscribe("subscription Wrong { nothing { id } }", {})) {
  tell(plain(answer));
  break;
}
await client.close();
process.exit(0);
