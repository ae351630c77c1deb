import { CATALOGUE } from './catalogue.ts';
import { queryDecoded, textOfPage, urlDecoded } from './decode.ts';
import { type Circumstances, type Evidence, plain } from './evidence.ts';
import { jsonWithin, objectsIn } from './json-within.ts';
import type { Endpoint, GrantName } from './row.ts';

/** More than any log line or error page needs. */
const LONGEST_CHARACTERS = 65_536;

const SPELLINGS: ReadonlySet<string> = new Set(CATALOGUE.flatMap(({ says }) => says.flatMap(({ code }) => code ?? [])));

/** Every code that a row comes with. */
const CODES: ReadonlySet<string> = new Set(CATALOGUE.flatMap(({ codes }) => codes.map((code) => code.toLowerCase())));

const PATHS: readonly (readonly [RegExp, Endpoint])[] = [
  [/\/services\/oauth2\/token\b/, 'token'],
  [/\/services\/oauth2\/revoke\b/, 'revoke'],
  [/\/services\/oauth2\/introspect\b/, 'introspect'],
  [/\/services\/oauth2\/userinfo\b/, 'userinfo'],
  [/\/services\/oauth2\/singleaccess\b/, 'singleaccess'],
  [/\/services\/oauth2\/authorize\b|remoteaccesserrorpage\.apexp/, 'authorize'],
  [/\/services\/soap\/|<faultcode>/, 'soap'],
  [/\/services\/(?:data|apexrest|async)\//, 'rest'],
  [/\/id\/00d[0-9a-z]{12,15}\//, 'identity'],
];

/** How programs say which grant it was (`salesforce-oauth` facts C.11): their own words, never Salesforce's. */
const GRANTS: readonly (readonly [RegExp, GrantName])[] = [
  [/grant-type:jwt-bearer|jwtautherror|authenticating with jwt/, 'jwt-bearer'],
  [/grant-type:saml2-bearer/, 'saml2-bearer'],
  [/grant-type:(?:hybrid-)?token-exchange/, 'token-exchange'],
  [/authcodeexchangeerror|authenticating with auth code/, 'authorization-code'],
  [/refreshtokenautherror|authenticating with the refresh token|unable to refresh session/, 'refresh-token'],
  [/\bgrant_?type["']?\s*[=:]\s*["']?authorization_code/, 'authorization-code'],
  [/\bgrant_?type["']?\s*[=:]\s*["']?refresh_token/, 'refresh-token'],
  [/\bgrant_?type["']?\s*[=:]\s*["']?client_credentials/, 'client-credentials'],
  [/\bgrant_?type["']?\s*[=:]\s*["']?password/, 'password'],
  [/\bgrant_?type["']?\s*[=:]\s*["']?device|device_code/, 'device'],
];

const CODE_MEMBERS = ['error', 'errorCode', 'code', 'faultcode'];
const DESCRIPTION_MEMBERS = ['error_description', 'errorDescription', 'message', 'faultstring', 'description'];

/**
 * Reads whatever somebody has at hand: `error: description`, a JSON body, a log line around either, a redirect URL, the text of an error page. Nothing of it is
 * believed to be complete, and nothing that is said in `given` is overruled.
 */
export function readEvidence(text: string, given: Circumstances = {}): Evidence {
  const raw = text.slice(0, LONGEST_CHARACTERS);
  const isPage = /<(?:!doctype html|html|body|head|title)\b/i.test(raw);
  const legible = urlDecoded(isPage ? `${textOfPage(raw)} ${raw.replace(/<[^>]*>/g, '')}` : raw);
  const said = [...fromJson(legible), ...fromQuery(isPage ? legible : raw), ...fromXml(raw), ...fromWords(legible)];
  const lower = urlDecoded(raw).toLowerCase();
  const [endpoint, grant, host] = [endpointOf(raw, lower, said), grantOf(lower), hostOf(lower)];
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(grant !== undefined && { grant }),
    ...(host !== undefined && { host }),
    ...given,
    ids: unique([...legible.matchAll(/(?:^|[\s"':([])([JARKXPDSTZVH]\d{1,2})(?=$|[\s"',.)\]])/g)].map(([, id = '']) => id)),
    codes: unique(said.flatMap(({ code }) => (code === undefined ? [] : [code.toLowerCase()]))),
    descriptions: unique(
      said.flatMap(({ description }) => (description === undefined ? [] : [plain(description)])).filter(Boolean),
    ),
    whole: plain(legible.replaceAll('\\"', '"')),
    isPage,
  };
}

interface Said {
  readonly code?: string;
  readonly description?: string;
  readonly isRest?: boolean;
}

function fromJson(text: string): Said[] {
  const values = jsonWithin(text);
  const isRest = values.some((value) => Array.isArray(value));
  return values
    .flatMap((value) => objectsIn(value))
    .flatMap((object) => {
      const code = CODE_MEMBERS.map((name) => object[name]).find((value) => typeof value === 'string');
      const description = DESCRIPTION_MEMBERS.map((name) => object[name]).find((value) => typeof value === 'string');
      if (code === undefined && description === undefined) return [];
      return [{ ...(code !== undefined && { code }), ...(description !== undefined && { description }), isRest }];
    });
}

/** `error` and `error_description` of a redirect, of a form-encoded body, or of an error page's address. */
function fromQuery(text: string): Said[] {
  const members = (name: string) =>
    [...urlDecodedSeparators(text).matchAll(new RegExp(`(?:^|[?&#\\s"';])${name}=([^&\\s"'<>;]+)`, 'gi'))].map(([, value = '']) =>
      queryDecoded(value),
    );
  const [codes, descriptions] = [members('error'), members('error_description')];
  return codes.map((code, index) => {
    const description = descriptions[index];
    return { code, ...(description !== undefined && { description }) };
  });
}

/** An address that was encoded as a whole has its separators back; the values stay as they are. */
function urlDecodedSeparators(text: string): string {
  return text
    .replace(/%25(?=[0-9a-f]{2})/gi, '%')
    .replace(/%3f/gi, '?')
    .replace(/%26/gi, '&')
    .replace(/%23/gi, '#')
    .replace(/%3d/gi, '=');
}

function fromXml(text: string): Said[] {
  const code = /<faultcode>\s*(?:[\w.-]+:)?([^<\s]+)\s*<\/faultcode>/i.exec(text)?.[1];
  const description = /<faultstring>([^<]*)<\/faultstring>/i.exec(text)?.[1];
  return code === undefined
    ? []
    : [{ code, ...(description !== undefined && { description: description.replace(/^[A-Z_]+:\s*/, '') }) }];
}

const WORD_AND_REST =
  /(?<![\w-])([A-Za-z]+(?:[_-][A-Za-z0-9]+)*)(?![\w-])(?:(?=\s*(?:::?|[,;–—-]|\()\s*["']?([^\n\r"{}]{0,400})))?/g;

/** Known codes as words of their own, with what follows them on the line. */
function fromWords(text: string): Said[] {
  return [...text.matchAll(WORD_AND_REST)].flatMap(([, word = '', rest = '']) => {
    if (!isCode(word, text)) return [];
    const description = rest.replace(/^error_description["']?\s*[=:]\s*["']?/i, '').replace(/\)\s*$/, '');
    return [{ code: word, ...(description !== '' && { description }) }];
  });
}

/** A word that is a code; those that are words of a language count only as Salesforce spells them, and in small letters only alone. */
function isCode(word: string, text: string): boolean {
  if (!CODES.has(word.toLowerCase())) return false;
  return /[_-]/.test(word) || (SPELLINGS.has(word) && (word === word.toUpperCase() || text.trim() === word));
}

function endpointOf(raw: string, lower: string, said: readonly Said[]): Endpoint | undefined {
  const byPath = PATHS.find(([pattern]) => pattern.test(lower))?.[1];
  if (byPath !== undefined) return byPath;
  if (said.some(({ isRest, code }) => isRest === true && code !== undefined && code === code.toUpperCase())) return 'rest';
  if (said.some(({ isRest, code }) => isRest === false && code !== undefined)) return 'token';
  // Nothing but a redirect brings an error in an address.
  return /^\s*[a-z][a-z0-9+.-]*:\/\/\S*[?#&]error=\S*$/i.test(raw) ? 'authorize' : undefined;
}

function grantOf(lower: string): GrantName | undefined {
  return GRANTS.find(([pattern]) => pattern.test(lower))?.[1];
}

function hostOf(lower: string): string | undefined {
  return /https?:\/\/([a-z0-9.-]+\.(?:salesforce\.com|site\.com|force\.com))/.exec(lower)?.[1];
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
