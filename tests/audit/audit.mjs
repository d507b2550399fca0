// Audits a running server: `npm ci && node audit.mjs http://127.0.0.1:8000/graphql`. Exit code 1 if an audit fails.
// HTTP: the 61 audits of graphql-http. WebSocket: a query and what a client of graphql-ws sees of an error.

import { auditServer } from 'graphql-http';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const url = process.argv[2] ?? 'http://127.0.0.1:8000/graphql';

const results = await auditServer({ url });
let failed = 0;
for (const { status, name, reason } of results) {
  if (status === 'ok') continue;
  failed += 1;
  console.log(`${status}: ${name}: ${reason}`);
}
console.log(`graphql-http: ${results.length - failed} of ${results.length}`);

const client = createClient({ url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 });
const ask = async (query) => {
  const answers = [];
  for await (const answer of client.iterate({ query })) answers.push(answer);
  return answers;
};
const [answer] = await ask('{ __typename }');
if (answer?.data?.__typename !== 'Query') {
  failed += 1;
  console.log('graphql-ws: no answer', answer);
}
const refused = await ask('{ nonsense').then(() => null, (errors) => errors);
if (!refused?.[0]?.extensions?.code) {
  failed += 1;
  console.log('graphql-ws: no error', refused);
}
await client.dispose();
console.log('graphql-ws: done');
process.exit(failed ? 1 : 0);
