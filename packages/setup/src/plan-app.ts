import { APP_GRANTS, APP_KINDS, type AppGrant, type AppInput, type AppKind, type AppPlan } from './app-plan.ts';
import { checkedCallbackUrls, SUCCESS_PAGE } from './callback-urls.ts';
import { checkCertificateSize, readCertificate } from './certificate.ts';
import { lineOfText, oneOf, shown, wholeNumber } from './checks.ts';
import { checkedCredential } from './consumer-key.ts';
import { apiName, checkedName, mostNameCharacters } from './names.ts';
import { planAccess } from './plan-access.ts';
import { planTokens } from './plan-tokens.ts';
import { certificateIn } from './read-pem.ts';

const MOST_LABEL_CHARACTERS = 80;
const MOST_EMAIL_CHARACTERS = 80;
const LEAST_KEY_BITS = 2048;
const MOST_SESSION_MINUTES = 24 * 60;
/** The first version that has every type and element of an external client app with a certificate. */
const FIRST_API_VERSION = 60;
const DEFAULT_API_VERSION = '66.0';

/**
 * Decides what the input leaves open, and checks the rest.
 * @throws TypeError for whatever Salesforce would refuse, or would take and then refuse every token for; it says what to give instead, and shows no secret
 */
export function planApp(input: AppInput): AppPlan {
  const kind = oneOf('kind', input.kind, APP_KINDS);
  const grant = oneOf('grant', input.grant, APP_GRANTS);
  const label = lineOfText('label', input.label, MOST_LABEL_CHARACTERS);
  const { consumerKey, consumerSecret, sessionTimeoutMinutes: minutes } = input;
  return {
    name: nameOf(input.name, label, kind),
    label,
    contactEmail: checkedEmail(input.contactEmail),
    kind,
    grant,
    ...(consumerKey !== undefined && { consumerKey: checkedCredential('consumerKey', consumerKey) }),
    ...(consumerSecret !== undefined && { consumerSecret: checkedCredential('consumerSecret', consumerSecret) }),
    ...certificateOf(input.certificatePem, grant),
    callbackUrls: checkedCallbackUrls(input.callbackUrls ?? defaultCallbackUrls(grant)),
    ...planTokens(input, grant),
    ...planAccess(input, kind, grant),
    ...(minutes !== undefined && {
      sessionTimeoutMinutes: wholeNumber('sessionTimeoutMinutes', minutes, 1, MOST_SESSION_MINUTES, 'minutes'),
    }),
    apiVersion: checkedApiVersion(input.apiVersion ?? DEFAULT_API_VERSION),
  };
}

function nameOf(given: string | undefined, label: string, kind: AppKind): string {
  const most = mostNameCharacters(kind);
  return given === undefined ? apiName(label, most) : checkedName('name', given, most);
}

function checkedEmail(given: string): string {
  const email = lineOfText('contactEmail', given, MOST_EMAIL_CHARACTERS);
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) return email;
  throw new TypeError(`contactEmail is ${shown(email)}: give an email address, such as salesforce-admins@example.com.`);
}

function defaultCallbackUrls(grant: AppGrant): readonly string[] {
  return grant === 'jwt-bearer' || grant === 'client-credentials' ? [SUCCESS_PAGE] : [];
}

function certificateOf(given: string | undefined, grant: AppGrant): { readonly certificatePem?: string } {
  if (grant !== 'jwt-bearer') {
    if (given === undefined) return {};
    throw new TypeError(`certificatePem is for jwt-bearer, which it switches on: leave it out for ${grant}.`);
  }
  if (given === undefined)
    throw new TypeError('certificatePem is missing: jwt-bearer needs one. createKeyPair makes it, with its key.');
  const certificatePem = certificateIn(given);
  checkCertificateSize(certificatePem);
  const { bits } = readCertificate(certificatePem);
  if (bits >= LEAST_KEY_BITS) return { certificatePem };
  throw new TypeError(`certificatePem is for an RSA key of ${bits} bits: give one of ${LEAST_KEY_BITS} or more.`);
}

function checkedApiVersion(given: string): string {
  if (/^[0-9]{2,3}\.0$/.test(given) && Number(given) >= FIRST_API_VERSION) return given;
  throw new TypeError(`apiVersion is ${shown(given)}: give ${FIRST_API_VERSION}.0 or later, such as ${DEFAULT_API_VERSION}.`);
}
