// GraphiQL prettifies variables and headers with prettier's JavaScript parser, half a megabyte of it.
// jsonc-parser, which is bundled anyway, does the same; this gives it the shape of a prettier plugin.
import { applyEdits, format } from 'jsonc-parser';

const OPTIONS = { tabSize: 2, insertSpaces: true, eol: '\n' };

export const parsers = {
  jsonc: { astFormat: 'kith-jsonc', parse: (text) => ({ text }), locStart: () => 0, locEnd: ({ text }) => text.length },
};
export const printers = {
  'kith-jsonc': { print: ({ node: { text } }) => applyEdits(text, format(text, undefined, OPTIONS)) },
};
