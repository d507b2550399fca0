// Everything the page says to the server: personas, examples, operations, subscriptions.
import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-ws';

const ENDPOINT = '/graphql';
const ACCEPT_LANGUAGE = { en: 'en', zh: 'zh-CN, zh;q=0.9, en;q=0.5' };

/** Who speaks and in which language. The token lives here and nowhere else. */
export const session = { token: null, lang: 'en', renew: null };

/** The one thing wrong with the server, if any, for the banner. */
let problem = null;
const watchers = new Set();
export const problemStore = {
  get: () => problem,
  watch: (f) => (watchers.add(f), () => watchers.delete(f)),
};
function setProblem(next) {
  problem = next;
  watchers.forEach((f) => f());
}

async function getJson(url) {
  try {
    const response = await fetch(url, { cache: 'no-store', headers: { accept: 'application/json' } });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** The demo personas, or null when the server is not in demo mode. */
export async function loadPersonas() {
  const found = await getJson('/demo/personas');
  return Array.isArray(found?.personas) ? found.personas : null;
}

/** The examples in order; one for nobody in particular has the persona ''. */
export async function loadExamples() {
  const found = await getJson('/demo/examples.json');
  if (!Array.isArray(found)) return [];
  return found.map((e) => ({ ...e, persona: e.persona === 'anonymous' ? '' : e.persona ?? '' }));
}

async function post(body, headers) {
  const sent = await fetch(ENDPOINT, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      'GraphQL-Require-Preflight': '1',
      'Accept-Language': ACCEPT_LANGUAGE[session.lang],
      ...(session.token && { Authorization: `Bearer ${session.token}` }),
      ...headers,
    },
    body: JSON.stringify(body),
  });
  const text = await sent.text();
  try {
    return { status: sent.status, result: JSON.parse(text) };
  } catch {
    return { status: sent.status, text };
  }
}

const isUnauthenticated = ({ status, result }) =>
  status === 401 || result?.errors?.some((e) => e.extensions?.code === 'UNAUTHENTICATED');

async function overHttp(body, headers) {
  let answer;
  try {
    answer = await post(body, headers);
    // A restarted demo server has new tokens: ask once more for this persona's.
    if (isUnauthenticated(answer) && (await session.renew?.())) answer = await post(body, headers);
  } catch {
    setProblem({ kind: 'unreachable' });
    throw new Error(`No answer from ${ENDPOINT}.`);
  }
  const { status, result, text } = answer;
  if (typeof result !== 'object' || result === null) {
    setProblem({ kind: 'notGraphql', detail: String(status) });
    throw new Error(`HTTP ${status} from ${ENDPOINT}: ${(text ?? '').slice(0, 200) || 'no GraphQL response'}`);
  }
  if (body.operationName !== 'IntrospectionQuery') {
    if (problem && problem.kind !== 'introspection') setProblem(null);
  } else if (result.data?.__schema) {
    setProblem(null);
  } else {
    setProblem({ kind: 'introspection', detail: result.errors?.[0]?.message ?? `HTTP ${status}` });
  }
  return result;
}

function overWebSocket(payload) {
  const client = createClient({
    url: `${location.origin.replace(/^http/, 'ws')}${ENDPOINT}`,
    connectionParams: session.token ? { authorization: `Bearer ${session.token}` } : {},
    retryAttempts: 0,
  });
  const results = client.iterate(payload);
  const readable = (cause) => {
    if (!(cause instanceof CloseEvent)) throw cause;
    throw new Error(`The subscription was closed: ${cause.code} ${cause.reason}`.trim());
  };
  return {
    [Symbol.asyncIterator]() { return this; },
    next: () => results.next().catch(readable),
    return: () => results.return(),
    throw: (cause) => results.throw(cause),
  };
}

/** What GraphiQL calls. Its identity never changes, so changing persona keeps the schema. */
export async function fetcher({ query, variables, operationName }, { headers } = {}) {
  let operation = null;
  try {
    const document = parse(query);
    operation = getOperationAST(document, operationName);
    if (!operation && operationName) {
      operation = getOperationAST(document);
      operationName = operation?.name?.value;
    }
  } catch {
    // Not ours to judge: the server says what is wrong with it.
  }
  const body = { query, variables, operationName: operationName ?? undefined };
  return operation?.operation === 'subscription' ? overWebSocket(body) : overHttp(body, headers);
}
