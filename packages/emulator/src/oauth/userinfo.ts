import type { Org } from '../org/org.ts';
import type { User } from '../org/users.ts';
import { type EmulatorAnswer, type EmulatorRequest, jsonAnswer } from '../server/http-message.ts';
import { sessionOf } from './bearer-session.ts';
import { commonProfile, profileUrls } from './user-profile.ts';

/** OpenID Connect userinfo; a token that is not good for it gets 403 and one word of plain text. */
export function userinfo(org: Org, request: EmulatorRequest): EmulatorAnswer {
  const session = sessionOf(org, request);
  return 'status' in session ? session : jsonAnswer(200, userClaims(org, session.user));
}

/** What userinfo says of a user, and the ID token with it. */
export function userClaims(org: Org, user: User): Readonly<Record<string, unknown>> {
  return {
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
  };
}
