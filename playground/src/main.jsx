import './workers.js';
import '@graphiql/react/font/roboto.css';
import '@graphiql/react/font/fira-code.css';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './style.css';
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import { fetcher, loadExamples, loadPersonas, session } from './api.js';
import { firstLang, startFrom } from './start.js';
import { Bar } from './bar.jsx';

session.lang = firstLang();

const [personas, examples] = await Promise.all([
  loadPersonas(),
  loadExamples(),
  // Monaco measures its font once; have it there by then.
  document.fonts.load('15px "Fira Code"').catch(() => {}),
]);
const start = startFrom(location.search, personas, examples);
session.token = start.token;

createRoot(document.getElementById('root')).render(
  <GraphiQL
    fetcher={fetcher}
    {...start.editors}
    defaultQuery=""
    defaultEditorToolsVisibility="variables"
    shouldPersistHeaders={false}
    showPersistHeadersSettings={false}
    schemaDescription
    inputValueDeprecation
  >
    <GraphiQL.Logo>{' '}</GraphiQL.Logo>
    <Bar start={start} examples={examples} />
  </GraphiQL>,
);
