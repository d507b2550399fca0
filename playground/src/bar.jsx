import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { createPortal } from 'react-dom';
import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { loadPersonas, problemStore, session } from './api.js';
import { say, textIn } from './text.js';
import { remember, variablesOf } from './start.js';

const STATE = pick(
  'tabs', 'activeTabIndex', 'schema', 'fetchError', 'documentAST',
  'queryEditor', 'variableEditor', 'responseEditor',
);

const same = (a, b) => (a ?? '').trim() === (b ?? '').trim();

export function Bar({ start, examples }) {
  const actions = useGraphiQLActions();
  const { tabs, activeTabIndex, schema, fetchError, documentAST, queryEditor, variableEditor, responseEditor } = useGraphiQL(STATE);
  const problem = useSyncExternalStore(problemStore.watch, problemStore.get);
  const [personas, setPersonas] = useState(start.personas);
  const [personaId, setPersonaId] = useState(start.personaId);
  const [lang, setLang] = useState(session.lang);
  const t = textIn(lang);

  const persona = personas?.find((p) => p.id === personaId);
  const tab = tabs[activeTabIndex];
  const current = examples.find((e) => same(e.query, tab?.query));
  const wanted = current?.persona !== personaId && personas?.find((p) => p.id === current?.persona);
  const mounted = Boolean(queryEditor && variableEditor && responseEditor);

  function become(id) {
    setPersonaId(id);
    remember('persona', id);
    session.token = personas?.find((p) => p.id === id)?.token ?? null;
    if (!schema) actions.introspect();
  }

  function pasteToken(value) {
    session.token = value.trim().replace(/^bearer\s+/i, '') || null;
  }

  function speak(next) {
    setLang(next);
    session.lang = next;
    remember('lang', next);
  }

  function open(example) {
    const variables = variablesOf(example);
    const at = tabs.findIndex((x) => same(x.query, example.query) && same(x.variables, variables));
    if (at < 0) {
      actions.addTab();
      queryEditor.setValue(example.query);
      variableEditor.setValue(variables);
      actions.updateActiveTabValues({ query: example.query, variables });
    } else if (at !== activeTabIndex) {
      actions.changeTab(at);
    }
    if (personas && (example.persona === '' || personas.some((p) => p.id === example.persona))) become(example.persona);
  }

  useEffect(() => {
    document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
  }, [lang]);

  // The server may be restarted under the open page; its demo tokens are then new.
  useEffect(() => {
    session.renew = personas && (async () => {
      const renewed = await loadPersonas();
      const token = renewed?.find((p) => p.id === personaId)?.token;
      if (!token || token === session.token) return false;
      setPersonas(renewed);
      session.token = token;
      return true;
    });
  }, [personas, personaId]);

  // Once: the deep link's example, when there were tabs already, then the signal.
  const ready = useRef(false);
  useEffect(() => {
    if (!mounted || ready.current) return;
    ready.current = true;
    if (start.openLate) open(start.openLate);
    if (start.personaWanted) become(start.personaId);
    document.body.dataset.ready = 'true';
  });

  // Once: `run=1`, when the schema is settled and the editor's text is understood.
  const ran = useRef(!start.run);
  useEffect(() => {
    if (ran.current || !ready.current || !(schema || fetchError)) return;
    if (documentAST?.loc?.source.body !== queryEditor.getValue()) return;
    ran.current = true;
    document.body.dataset.run = 'sent';
    Promise.resolve(actions.run()).finally(() => (document.body.dataset.run = 'done'));
  });

  useEffect(() => {
    document.body.dataset.schema = schema ? 'loaded' : fetchError ? 'failed' : 'loading';
  }, [schema, fetchError]);

  const groups = new Map();
  for (const example of examples) groups.set(example.persona, [...(groups.get(example.persona) ?? []), example]);
  const titleOf = (id) => say(personas?.find((p) => p.id === id)?.title, lang) || id || t.anyone;

  return createPortal(
    <>
      <div className="kith-bar">
        <h1><img src="/playground/favicon.svg" alt="" width="22" height="22" />Kith</h1>
        {personas ? (
          <>
            <label htmlFor="persona">{t.persona}</label>
            <select id="persona" value={personaId} onChange={(e) => become(e.target.value)} aria-describedby="persona-is">
              {personas.map((p) => <option key={p.id} value={p.id}>{say(p.title, lang)}</option>)}
              <option value="">{t.anonymous}</option>
            </select>
            <p id="persona-is" title={persona ? say(persona.description, lang) : t.anonymousIs}>
              {persona && <code>{persona.login}</code>}
              <span>{persona ? say(persona.description, lang) : t.anonymousIs}</span>
            </p>
          </>
        ) : (
          <>
            <label htmlFor="token">{t.token}</label>
            <input id="token" type="password" autoComplete="off" spellCheck={false} placeholder={t.tokenHint}
              onChange={(e) => pasteToken(e.target.value)} onBlur={() => !schema && actions.introspect()} />
            <span className="kith-gap" />
          </>
        )}
        {wanted && (
          <button type="button" className="kith-hint" onClick={() => become(wanted.id)} title={t.switchTo(say(wanted.title, lang))}>
            {t.meantFor(say(wanted.title, lang))}
          </button>
        )}
        <label htmlFor="example">{t.example}</label>
        <select id="example" value={current?.id ?? ''} disabled={!examples.length || !mounted}
          onChange={(e) => open(examples.find((x) => x.id === e.target.value))}>
          <option value="" disabled>{examples.length ? t.pick : t.noExamples}</option>
          {[...groups].map(([id, list]) => (
            <optgroup key={id} label={titleOf(id)}>
              {list.map((x) => <option key={x.id} value={x.id}>{say(x.title, lang)}</option>)}
            </optgroup>
          ))}
        </select>
        <div className="kith-lang" role="group" aria-label={t.language}>
          <button type="button" lang="en" aria-pressed={lang === 'en'} onClick={() => speak('en')}>en</button>
          <button type="button" lang="zh-CN" aria-pressed={lang === 'zh'} onClick={() => speak('zh')}>中文</button>
        </div>
      </div>
      {problem && (
        <div className="kith-problem" role="alert">
          <span>{typeof t[problem.kind] === 'function' ? t[problem.kind](problem.detail) : t[problem.kind]}</span>
          <button type="button" onClick={() => actions.introspect()}>{t.retry}</button>
        </div>
      )}
    </>,
    document.getElementById('bar'),
  );
}
