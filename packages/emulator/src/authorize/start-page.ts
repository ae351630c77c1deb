import type { Org } from '../org/org.ts';
import { type EmulatorAnswer, type EmulatorRequest, textAnswer } from '../server/http-message.ts';
import { isLoopbackHost } from '../server/loopback-host.ts';
import { markup, page } from './page.ts';

/** How many users the page names. */
const USERS = 5;

const READINGS: readonly (readonly [name: string, says: string])[] = [
  ['ready', 'where everything is, and every app with its secrets'],
  ['ledger', 'every token request so far'],
  ['requests', 'every request so far'],
  ['rows', 'every refusal that a fault can give'],
  ['', 'every call of the control interface'],
];

/** What somebody finds who opens a host of the emulator in a browser: who can log in, which apps there are, where to look. */
export function startPage(org: Org, request: EmulatorRequest): EmulatorAnswer {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead || !isLoopbackHost(request.headers.host)) return notFound(org, request);
  const users = org.users.first(USERS).map(({ username, password }) => named(username, password));
  const apps = org.apps.all().map(({ name, clientId }) => named(name, clientId));
  return page(
    200,
    request.host === 'login' ? 'Login host' : 'My Domain',
    markup`<p>The org <strong>${org.settings.name}</strong>: its login host is <a href="${org.origins.login}/">${org.origins.login}</a>, its My Domain <a href="${org.origins.mydomain}/">${org.origins.mydomain}</a>. Everything in it is synthetic.</p>
<h2>Users, with their passwords</h2><ul>${users}</ul>
<h2>Apps, with their consumer keys</h2><ul>${apps}</ul>
${controlLinks(org, request)}`,
  );
}

/** The control interface answers no page of another origin: a link from My Domain would be refused. */
function controlLinks(org: Org, { host }: EmulatorRequest): ReturnType<typeof markup> {
  if (host !== 'login') return markup`<p>The control interface is on the <a href="${org.origins.login}/">login host</a>.</p>`;
  const links = READINGS.map(([name, says]) => markup`<li><a href="/_emulator/${name}">/_emulator/${name}</a><br>${says}</li>`);
  return markup`<h2>Control interface</h2><ul>${links}</ul>`;
}

function named(name: string, value: string): ReturnType<typeof markup> {
  return markup`<li><code>${name}</code><br><code>${value}</code></li>`;
}

export function notFound(org: Org, { path }: EmulatorRequest): EmulatorAnswer {
  return textAnswer(404, `The emulator has nothing at ${path}; the control interface is at ${org.origins.login}/_emulator/ready`);
}
