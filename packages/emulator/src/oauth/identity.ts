import { sameId } from '../org/ids.ts';
import type { Org } from '../org/org.ts';
import type { Session } from '../org/sessions.ts';
import type { User } from '../org/users.ts';
import { LATEST_API_VERSION } from '../rest/versions.ts';
import { IDENTITY_ANSWERS } from '../rows/token-state-rows.ts';
import { type EmulatorAnswer, type EmulatorRequest, jsonAnswer, parameterOf, textAnswer } from '../server/http-message.ts';
import { sessionOf } from './bearer-session.ts';
import { jsonpAnswer, jsonpCallback } from './jsonp.ts';
import { commonProfile, profileUrls } from './user-profile.ts';
import { wireFormatOf, xmlDocument } from './wire-format.ts';

/**
 * The identity URL `/id/<organization>/<user>`: the `id` of every token answer. Another user's is read with the scope `api`
 * or `full`, and says that the token doesn't assert this user.
 */
export function identity(org: Org, request: EmulatorRequest): EmulatorAnswer {
  const session = sessionOf(org, request);
  if ('status' in session) return session;
  const [, , organizationId = '', userId = ''] = request.path.split('/');
  if (!sameId(organizationId, org.id)) return refuse('Wrong_Org');
  const user = findUser(org, session, userId);
  if (user === undefined) return refuse('Bad_Id');
  if (!user.isActive) return refuse('Inactive');
  const fields = {
    id: org.identityUrl(user),
    asserted_user: user === session.user,
    ...commonProfile(org, user),
    username: user.username,
    nick_name: user.username.split('@')[0] ?? user.username,
    display_name: `${user.firstName} ${user.lastName}`,
    first_name: user.firstName,
    last_name: user.lastName,
    timezone: 'GMT',
    addr_street: null,
    addr_city: null,
    addr_state: null,
    addr_country: null,
    addr_zip: null,
    mobile_phone: null,
    mobile_phone_verified: false,
    is_lightning_login_user: false,
    status: { created_date: null, body: null },
    urls: profileUrls(org, user, readVersion(parameterOf(request, 'version'))),
    last_modified_date: new Date(org.createdAtMs).toISOString(),
    is_app_installed: true,
  };
  if (wireFormatOf(request, 'json') === 'xml') {
    return textAnswer(200, xmlDocument('user', fields), 'application/xml;charset=UTF-8');
  }
  const callback = jsonpCallback(parameterOf(request, 'callback'));
  return callback === undefined ? jsonAnswer(200, fields) : jsonpAnswer(callback, fields);
}

function findUser(org: Org, { user, scopes }: Session, userId: string): User | undefined {
  if (sameId(userId, user.id)) return user;
  return scopes.includes('api') || scopes.includes('full') ? org.users.withId(userId) : undefined;
}

/** One word, that of the row V7. */
function refuse(word: string): EmulatorAnswer {
  const { status = 403 } = IDENTITY_ANSWERS.V7.find(({ error }) => error === word) ?? {};
  return textAnswer(status, word);
}

/** `latest` or a number; of anything else, which need not even fit into XML, nothing gets into the URLs. */
function readVersion(version: string | null): string | undefined {
  if (version === 'latest') return LATEST_API_VERSION;
  return /^\d{1,3}(\.\d)?$/.test(version ?? '') ? (version ?? undefined) : undefined;
}
