import { readFileSync, existsSync, readdirSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const root = dirname(fileURLToPath(import.meta.url));

/** The fonts arrive as data: urls for every script there is. Keep Latin, as files. */
function fontsAsFiles() {
  return {
    name: 'kith-fonts-as-files',
    enforce: 'post',
    generateBundle(_options, bundle) {
      for (const asset of Object.values(bundle)) {
        if (asset.type !== 'asset' || !asset.fileName.endsWith('.css')) continue;
        asset.source = String(asset.source).replace(/@font-face\s*\{[^}]*\}/g, (face) => {
          const data = face.match(/url\((["']?)data:[^;,)]*;base64,([^"')]+)\1\)(\s*format\([^)]*\))?/);
          if (!data) return face;
          const range = face.match(/unicode-range:([^;}]*)/i)?.[1] ?? '';
          if (range && !/U\+0{0,4}-0{0,2}FF/i.test(range)) return '';
          const pick = (key) => face.match(new RegExp(`${key}:\\s*([^;}]+)`))?.[1].replace(/["']/g, '').trim();
          const bytes = Buffer.from(data[2], 'base64');
          const kind = { wOF2: 'woff2', wOFF: 'woff' }[bytes.subarray(0, 4).toString()] ?? 'ttf';
          const style = pick('font-style') === 'italic' ? '-italic' : '';
          const fileName = `${pick('font-family').toLowerCase().replaceAll(' ', '-')}-${pick('font-weight')}${style}.${kind}`;
          this.emitFile({ type: 'asset', fileName, source: bytes });
          return face.replace(data[0], `url(/playground/${fileName}) format("${kind === 'ttf' ? 'truetype' : kind}")`);
        });
      }
    },
  };
}

const packages = new Map();

/** Remembers which packages really went in, and writes their licences beside them. */
function licences({ write }) {
  return {
    name: 'kith-licences',
    enforce: 'post',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        for (const id of Object.keys(chunk.modules ?? {})) {
          const at = id.lastIndexOf(`${sep}node_modules${sep}`);
          if (at < 0) continue;
          const [first, second] = id.slice(at + 14).split(sep);
          const name = first.startsWith('@') ? `${first}/${second}` : first;
          const dir = join(id.slice(0, at), 'node_modules', name);
          if (!existsSync(join(dir, 'package.json'))) continue;
          const { version, license, homepage } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
          packages.set(`${name} ${version}`, { dir, name, license, homepage });
        }
      }
      if (!write) return;
      const rule = '\n' + '-'.repeat(72) + '\n';
      const texts = [...packages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([title, { dir, name, license }]) => {
        const file = readdirSync(dir).find((f) => /^licen[cs]e/i.test(f));
        const notice = name === 'monaco-editor' ? '\n' + readFileSync(join(dir, 'ThirdPartyNotices.txt'), 'utf8') : '';
        return `${title} (${license})\n\n${file ? readFileSync(join(dir, file), 'utf8').trim() : 'See its package.json.'}\n${notice}`;
      });
      const fonts = 'Fonts: Roboto (Apache-2.0, Google), Fira Code (OFL-1.1, The Fira Code Project Authors),\n'
        + 'Codicons (CC-BY-4.0, Microsoft).\n';
      const source = ['What the Kith playground bundles.\n', fonts, ...texts].join(rule);
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: source.replaceAll('\r\n', '\n') });
    },
  };
}

/** Two large modules give way to the small ones in src/ that do what this page needs of them. */
function smaller() {
  const stands = [
    [/monaco-editor\/esm\/vs\/editor\/edcore\.main\.js$/, 'src/monaco.js'],
    [/^prettier\/(plugins\/estree|parser-babel)$/, 'src/jsonc.js'],
  ];
  return {
    name: 'kith-smaller',
    enforce: 'pre',
    resolveId(source) {
      const found = stands.find(([pattern]) => pattern.test(source));
      return found && join(root, found[1]);
    },
  };
}

export default defineConfig({
  root,
  base: '/playground/',
  esbuild: { jsx: 'automatic', legalComments: 'none' },
  plugins: [smaller(), fontsAsFiles(), licences({ write: true })],
  worker: {
    format: 'es',
    plugins: () => [licences({ write: false })],
    rollupOptions: { output: { entryFileNames: '[name].js', inlineDynamicImports: true } },
  },
  build: {
    outDir: '../src/server/playground/dist',
    emptyOutDir: true,
    target: 'es2022',
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 6000,
    rollupOptions: {
      onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
      output: {
        inlineDynamicImports: true,
        entryFileNames: 'app.js',
        assetFileNames: ({ names }) => (names[0]?.endsWith('.css') ? 'app.css' : '[name][extname]'),
      },
    },
  },
});
