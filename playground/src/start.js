// What the page opens with: the address, then what was remembered, then the first example.

const KEY = 'kith:';

export function remember(name, value) {
  try {
    localStorage.setItem(KEY + name, value);
  } catch {
    // Private windows may refuse; nothing depends on it.
  }
}

function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export const firstLang = () =>
  recall(`${KEY}lang`) === 'zh' || (!recall(`${KEY}lang`) && navigator.language.startsWith('zh')) ? 'zh' : 'en';

export const variablesOf = (example) =>
  Object.keys(example.variables ?? {}).length ? JSON.stringify(example.variables, null, 2) : '';

const WELCOME = '# Welcome to the Kith playground.\n# Ctrl-Enter runs the operation; the book on the left opens the docs.\n\n{\n  __typename\n}\n';

export function startFrom(search, personas, examples) {
  const asked = new URLSearchParams(search);
  const known = (id) => id === '' || personas?.some((p) => p.id === id);
  const persona = asked.get('persona') === 'anonymous' ? '' : asked.get('persona');
  const linked = examples.find((e) => e.id === asked.get('example'));
  const hasTabs = Boolean(recall('graphiql:tabState'));
  const first = linked ?? examples[0];

  const wishes = [persona, linked?.persona, recall(`${KEY}persona`), first?.persona, personas?.[0]?.id];
  const personaId = wishes.find(known) ?? '';

  return {
    personas,
    personaId,
    token: personas?.find((p) => p.id === personaId)?.token ?? null,
    personaWanted: known(persona),
    run: asked.get('run') === '1',
    openLate: hasTabs ? linked : undefined,
    editors: hasTabs ? {} : {
      initialQuery: first?.query ?? WELCOME,
      initialVariables: first ? variablesOf(first) : '',
    },
  };
}
