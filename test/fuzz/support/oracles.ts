import assert from 'node:assert/strict';
import { isRegisteredCallback } from './callbacks.ts';
import type { WireAnswer, WireRequest } from './wire.ts';
import type { World } from './world.ts';

/** Names a header that only an injected line break could bring into an answer. */
export const INJECTED_HEADER = 'x-fuzz-injected';
/** In every payload that tries to become markup. */
export const INJECTED_MARKUP = 'x-fuzz-markup';

/** Larger bodies are turned away before anything looks at them: 413, plain text. */
const BODY_LIMIT_BYTES = 256 * 1024;
/** Heads from here on may be more than node:http reads (16 KiB). */
const HEAD_LIMIT_BYTES = 16_000;
const PAGES = new Set([
  '/',
  '/services/oauth2/authorize',
  '/login',
  '/setup/secur/RemoteAccessAuthorizationPage.apexp',
  '/secur/frontdoor.jsp',
  '/lightning/page/home',
]);

/** The path as the emulator's routes see it. */
export function pathOf({ target }: WireRequest): string {
  return (target.split('?', 1)[0] ?? '').replaceAll(/\/{2,}/g, '/');
}

/** What holds for every answer to every request, whatever it asks. */
export function judgeAnswer(world: World, request: WireRequest, answer: WireAnswer): void {
  const { status, headers, text } = answer;
  assert.ok(status >= 200 && status < 500, `status ${status}: ${text.slice(0, 500)}`);
  assert.equal(headers[INJECTED_HEADER], undefined, 'a header was injected');
  assert.doesNotMatch(text, /Defect of the Forcemint emulator/);
  if (Buffer.byteLength(request.body) > BODY_LIMIT_BYTES) {
    assert.equal(status, 413);
    return;
  }
  if (status === 431) {
    assert.ok(headBytes(request) > HEAD_LIMIT_BYTES, 'the head was not too large');
    return;
  }
  const path = pathOf(request);
  const type = headers['content-type'] ?? '';
  const isBodiless = request.method === 'HEAD';
  if (type.startsWith('text/html')) judgePage(path, answer);
  if (headers.location !== undefined) judgeRedirect(world, path, answer);
  if (type.startsWith('application/xml')) judgeXml(text);
  if (type.startsWith('application/json') && !isBodiless) JSON.parse(text);
  if (/^\/services\/data(\/|$)/.test(path) && status >= 400 && !isBodiless) judgeRestError(answer);
  if (path.startsWith('/services/oauth2/') || path.startsWith('/id/')) {
    assert.doesNotMatch(text, /expires_in/);
    assert.notEqual(status, 401, 'an OAuth endpoint never answers 401');
  }
  if (path === '/services/oauth2/token' || path === '/services/oauth2/introspect' || path === '/services/oauth2/revoke') {
    assert.ok(status === 200 || status === 400, `status ${status}`);
    if (status === 400 && !isBodiless) judgeOAuthError(answer);
  }
  if (path === '/services/oauth2/token') judgeLedger(world);
}

function headBytes({ target, headers }: WireRequest): number {
  return target.length + headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
}

function judgeOAuthError({ headers, text }: WireAnswer): void {
  const type = headers['content-type'] ?? '';
  let fields: Record<string, unknown>;
  if (type.startsWith('application/json')) fields = JSON.parse(text);
  else if (type.startsWith('application/x-www-form-urlencoded')) fields = Object.fromEntries(new URLSearchParams(text));
  else {
    assert.ok(type.startsWith('application/xml'), `an error in ${type}`);
    const field = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1];
    fields = { error: field('error'), error_description: field('error_description') };
  }
  assert.deepEqual(Object.keys(fields).sort(), ['error', 'error_description']);
  for (const value of Object.values(fields)) assert.ok(typeof value === 'string' && value !== '', text);
  assert.match(String(fields['error']), /^\w+$/);
}

function judgeRestError({ status, headers, text }: WireAnswer): void {
  assert.match(headers['content-type'] ?? '', /^application\/json/, `${status} ${text}`);
  const errors: unknown = JSON.parse(text);
  assert.ok(Array.isArray(errors) && errors.length > 0, text);
  for (const { errorCode, message } of errors) {
    assert.match(errorCode, /^[A-Z][A-Z0-9_]+$/);
    assert.equal(typeof message, 'string');
  }
}

function judgePage(path: string, { headers, text }: WireAnswer): void {
  assert.ok(PAGES.has(path), `HTML at ${path}`);
  assert.match(String(headers['content-security-policy']), /default-src 'none'/);
  assert.doesNotMatch(text, /<\s*script|(href|src|action)\s*=\s*["']?\s*javascript:/i);
  assert.doesNotMatch(text.replaceAll(/"[^"]*"/g, '""'), /<[^>]*\son\w+\s*=/i);
  assert.doesNotMatch(text, new RegExp(`[<"'\`][\\s/]*${INJECTED_MARKUP}`), 'input became markup');
}

/** Browsers are sent to registered callbacks and nowhere else, but for the emulator's own pages. */
function judgeRedirect(world: World, path: string, { status, headers: { location = '' } }: WireAnswer): void {
  if (status === 201 && path.startsWith('/services/data/')) {
    assert.match(location, /^\/services\/data\/v\d+\.0\/sobjects\/\w+\/\w{18}$/, 'where the new record is');
    return;
  }
  assert.ok(status === 302 || status === 303, `a location with ${status}`);
  assert.match(location, /^[\x21-\x7e]+$/);
  if (path === '/secur/frontdoor.jsp') {
    const { origin } = new URL(location, world.emulator.myDomainUrl);
    assert.ok(origin === world.emulator.loginUrl || origin === world.emulator.myDomainUrl, `open redirect to ${location}`);
    return;
  }
  assert.ok(isRegisteredCallback(location), `open redirect to ${location}`);
}

/** Characters that XML 1.0 (section 2.2) has no place for make the whole document unreadable. */
function judgeXml(text: string): void {
  assert.doesNotMatch(text, /(?![\t\n\r])\p{Cc}|[\ufffe\uffff]|&(?!amp;|lt;|gt;|quot;|#39;)/u);
}

/** No secret, password, code or token stands in the ledger, whatever field a client put it in. */
function judgeLedger(world: World): void {
  const entries = world.emulator.ledger(world.ledgerSeq);
  world.ledgerSeq = entries.at(-1)?.seq ?? world.ledgerSeq;
  for (const entry of entries) {
    for (const [field, value] of Object.entries(entry)) {
      if (typeof value !== 'string') continue;
      assert.ok(!world.secrets.has(value), `a secret in the ledger's ${field}`);
      assert.ok(value.length <= 300, `${value.length} characters of a request in the ledger's ${field}`);
    }
  }
}

/** The emulator still serves a good request. */
export async function judgeLiveness(world: World): Promise<void> {
  const token = await world.newAccessToken();
  const headers = [['authorization', `Bearer ${token}`]] as const;
  const target = '/services/data/v66.0/query?q=SELECT+Id+FROM+Organization';
  const answer = await world.wire.send({ host: 'mydomain', method: 'GET', target, headers, body: '' });
  assert.equal(answer.status, 200, answer.text);
}
