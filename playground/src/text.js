const TEXT = {
  en: {
    persona: 'Persona',
    anonymous: 'Anonymous',
    anonymousIs: 'No token: what anyone may see.',
    token: 'Token',
    tokenHint: 'Paste a token (kept in this tab only)',
    example: 'Example',
    pick: 'Pick an example…',
    noExamples: 'No examples on this server',
    anyone: 'Anyone',
    meantFor: (who) => `Meant for ${who}`,
    switchTo: (who) => `Switch to ${who}`,
    language: 'Language',
    retry: 'Try again',
    unreachable: 'No answer from /graphql. Is the server running?',
    notGraphql: (status) => `/graphql answered ${status} without a GraphQL response.`,
    introspection: (why) => `The schema could not be read, so there are no docs and no completion. The server says: ${why}`,
  },
  zh: {
    persona: '身份',
    anonymous: '匿名',
    anonymousIs: '不带令牌：任何人都能看到的内容。',
    token: '令牌',
    tokenHint: '粘贴访问令牌（仅保留在此页）',
    example: '示例',
    pick: '选择示例…',
    noExamples: '此服务器没有示例',
    anyone: '任何人',
    meantFor: (who) => `此示例适用于${who}`,
    switchTo: (who) => `切换为${who}`,
    language: '语言',
    retry: '重试',
    unreachable: '/graphql 没有响应。服务器在运行吗？',
    notGraphql: (status) => `/graphql 返回 ${status}，不是 GraphQL 响应。`,
    introspection: (why) => `无法读取架构，因此没有文档和自动补全。服务器说明：${why}`,
  },
};

export const textIn = (lang) => TEXT[lang];

/** `{ en, zh }` from the server, in the language asked for, or in whichever is there. */
export const say = (words, lang) => (typeof words === 'string' ? words : words?.[lang] ?? words?.en ?? words?.zh ?? '');
