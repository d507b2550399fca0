// A small stand-in for the Kith server, to look at the built page: node dev-server.mjs [port].
//   --plain: not in demo mode (no personas)   --closed: introspection refused   --down: no /graphql
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { buildSchema, graphql, NoSchemaIntrospectionCustomRule, parse, subscribe, validate } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';

const flag = (name) => process.argv.includes(`--${name}`);
const port = Number(process.argv.find((a) => /^\d+$/.test(a)) ?? 4010);
const dist = new URL('../src/server/playground/dist/', import.meta.url);

export const CSP = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
  + "font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.woff': 'font/woff', '.ttf': 'font/ttf', '.txt': 'text/plain; charset=utf-8',
};

const persona = (id, login, kind, en, zh, den, dzh) =>
  ({ id, login, kind, title: { en, zh }, description: { en: den, zh: dzh }, token: `kith_${id}` });
const personas = flag('plain') ? null : { personas: [
  persona('aurora', 'aurora', 'MAIN_ACCOUNT', 'Shop owner', '店主', 'Main account of the Aurora shop: everything in it, staff and permissions included.', '极光店的主账号：店内的一切，包括员工与权限。'),
  persona('xiaoli', 'aurora:xiaoli', 'SUB_ACCOUNT', 'Customer service', '客服', 'Answers buyers and handles refunds up to ¥200; may not see the deposit or grant permissions to anyone.', '接待买家，处理 200 元以内的退款；看不到保证金，也不能授权他人。'),
  persona('wanghua', 'wanghua', 'BUYER', 'Buyer', '买家', 'Has an intimate pay relation with her father.', '与父亲开通了亲密付。'),
] };

const example = (id, who, en, zh, query, variables = {}) => ({ id, persona: who, title: { en, zh }, query, variables });
const examples = [
  example('01-refunds', 'xiaoli', 'Refunds waiting for me', '待我处理的退款', 'query RefundsWaiting($first: Int!) {\n  viewer {\n    login\n    language\n  }\n  refunds(first: $first) {\n    id\n    amount\n    state\n  }\n}\n', { first: 5 }),
  example('02-who', 'xiaoli', 'Who am I', '我是谁', '# Who the token stands for\nquery WhoAmI {\n  viewer {\n    login\n    language\n  }\n}\n'),
  example('03-staff', 'aurora', 'Staff of the shop', '店铺员工', 'query Staff {\n  viewer {\n    login\n  }\n}\n'),
  example('04-ticks', 'wanghua', 'Purchases as they happen', '实时消费', 'subscription Ticks {\n  ticks\n}\n'),
];

const schema = buildSchema(`
  "What can be asked"
  type Query {
    "The account the token stands for"
    viewer: Viewer
    "Refunds of the shop"
    refunds("How many, at most 100" first: Int!): [Refund!]!
  }
  type Subscription { "Counts to three" ticks: String! }
  type Viewer { "Login name" login: String! "Language asked for" language: String }
  type Refund { id: ID! amount: String! state: RefundState! }
  enum RefundState { "等待卖家处理" REQUESTED APPROVED REJECTED }
`);
const loginOf = (header = '') => personas?.personas.find((p) => header === `Bearer ${p.token}`)?.login ?? (header || 'anonymous');
const rootFor = (header, language) => ({
  viewer: { login: loginOf(header), language },
  refunds: ({ first }) => Array.from({ length: first }, (_, i) => ({ id: `r${i + 1}`, amount: `${(i + 1) * 19}.90`, state: 'REQUESTED' })),
  async *ticks() {
    for (let i = 1; i <= 3; i += 1) {
      yield { ticks: `${i} for ${loginOf(header)}` };
      await new Promise((done) => setTimeout(done, 400));
    }
  },
});

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const json = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (pathname === '/graphql') {
    if (flag('down')) return request.socket.destroy();
    let text = '';
    for await (const piece of request) text += piece;
    const { query, variables, operationName } = JSON.parse(text);
    const { authorization, 'accept-language': language } = request.headers;
    if (flag('closed')) {
      const errors = validate(schema, parse(query), [NoSchemaIntrospectionCustomRule]);
      if (errors.length) return json(400, { errors });
    }
    const rootValue = rootFor(authorization, language);
    return json(200, await graphql({ schema, source: query, variableValues: variables, operationName, rootValue }));
  }
  if (pathname === '/demo/personas') return personas ? json(200, personas) : json(404, {});
  if (pathname === '/demo/examples.json') return json(200, examples);
  const file = pathname === '/' ? 'index.html' : pathname.match(/^\/playground\/([\w.-]+)$/)?.[1];
  try {
    const bytes = await readFile(new URL(file, dist));
    response.writeHead(200, { 'content-type': TYPES[extname(file)], 'content-security-policy': CSP, 'x-content-type-options': 'nosniff' }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
});

useServer(
  { schema, onSubscribe: ({ connectionParams }, _id, { query, variables, operationName }) => ({ schema, document: parse(query), variableValues: variables, operationName, rootValue: rootFor(connectionParams?.authorization) }), subscribe },
  new WebSocketServer({ server, path: '/graphql' }),
);
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/`));
