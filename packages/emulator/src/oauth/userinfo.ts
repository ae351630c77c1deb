import { bearerToken, type EmulatorAnswer, type EmulatorRequest, jsonAnswer, parametersOf, textAnswer } from '../http-message.ts';
import type { Org } from '../org.ts';
import type { Session } from '../sessions.ts';
import { commonProfile, profileUrls } from './user-profile.ts';

/** OpenID Connect userinfo; a token that is not good for it gets 403 and one word of plain text. */
export function userinfo(org: Org, request: EmulatorRequest): EmulatorAnswer {
  const session = sessionOf(org, request);
  if ('status' in session) return session;
  const { user } = session;
  return jsonAnswer(200, {
    sub: org.identityUrl(user),
    ...commonProfile(org, user),
    preferred_username: user.username,
    nickname: user.username.split('@')[0] ?? user.username,
    name: `${user.firstName} ${user.lastName}`,
    given_name: user.firstName,
    family_name: user.lastName,
    zoneinfo: 'GMT',
    profile: `${org.origins.mydomain}/${user.id}`,
    picture: `${org.origins.mydomain}/profilephoto/005/F`,
    address: {},
    urls: profileUrls(org, user),
    updated_at: new Date(org.createdAtMs).toISOString(),
    is_app_installed: true,
  });
}

/** The session of the token in the header, or in `access_token` or `oauth_token`; else the answer that refuses. */
export function sessionOf(org: Org, request: EmulatorRequest): Session | EmulatorAnswer {
  const parameters = parametersOf(request);
  const token = bearerToken(request) ?? parameters.get('oauth_token') ?? parameters.get('access_token');
  if (token === null) return textAnswer(403, 'Missing_OAuth_Token');
  const session = org.sessions.use(token, org.now(), org.switches.extendSessions);
  return session === undefined || !session.user.isActive ? textAnswer(403, 'Bad_OAuth_Token') : session;
}
