import { createHash } from 'node:crypto';

/** What a browser that comes to the callback's listener can be told. */
export type Page =
  | 'done'
  | 'denied'
  | 'refused'
  | 'not-this-login'
  | 'already-done'
  | 'not-found'
  | 'wrong-method'
  | 'wrong-host';

const STYLE = `
  :root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif; }
  body { margin: 15vh auto; max-width: 32rem; padding: 0 1.5rem; }
  h1 { font-size: 1.5rem; }
`;

/** Lets exactly this style through the Content-Security-Policy. */
export const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

const TEXTS: Readonly<Record<Page, readonly [title: string, ...paragraphs: string[]]>> = {
  done: [
    'Salesforce has sent you back',
    'You can close this window. The terminal in which you started the login says how it ended.',
  ],
  denied: [
    'Access was denied',
    'Salesforce says that access was not allowed. You can close this window.',
    'To try again, run the login again, choose “Allow”, and make sure that it is the right user.',
  ],
  refused: [
    'Salesforce has refused the login',
    'You can close this window. The terminal in which you started the login says why, and what to do.',
  ],
  'not-this-login': [
    'This is not the login that the command waits for',
    'The address is incomplete, or belongs to another login. Nothing was taken from it, and the command still waits.',
    'Use the newest link that the terminal shows.',
  ],
  'already-done': ['This login is over', 'The command has its answer already. You can close this window.'],
  'not-found': ['Nothing here', 'This is where Forcemint waits for a login to come back from Salesforce.'],
  'wrong-method': ['Not this way', 'This address takes only the browser that comes back from Salesforce.'],
  'wrong-host': ['Wrong address', 'This machine does not answer to that name here.'],
};

export function renderPage(page: Page): string {
  const [title, ...paragraphs] = TEXTS[page];
  const body = paragraphs.map((text) => `<p>${text}</p>`).join('\n');
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title} – Forcemint</title><meta name="viewport" content="width=device-width"><style>${STYLE}</style></head>
<body><main><h1>${title}</h1>
${body}
</main></body>
</html>
`;
}
