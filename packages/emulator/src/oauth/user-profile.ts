import type { Org } from '../org/org.ts';
import type { User } from '../org/users.ts';

/** The `urls` of userinfo and identity: SOAP and REST addresses with the literal `{version}` unless one is given. */
export function profileUrls(org: Org, user: User, version = '{version}'): Readonly<Record<string, string>> {
  const base = org.origins.mydomain;
  const rest = `${base}/services/data/v${version}`;
  const organization = org.id.slice(0, 15);
  return {
    enterprise: `${base}/services/Soap/c/${version}/${organization}`,
    metadata: `${base}/services/Soap/m/${version}/${organization}`,
    partner: `${base}/services/Soap/u/${version}/${organization}`,
    rest: `${rest}/`,
    sobjects: `${rest}/sobjects/`,
    search: `${rest}/search/`,
    query: `${rest}/query/`,
    recent: `${rest}/recent/`,
    tooling_soap: `${base}/services/Soap/T/${version}/${organization}`,
    tooling_rest: `${rest}/tooling/`,
    profile: `${base}/${user.id}`,
    feeds: `${rest}/chatter/feeds`,
    groups: `${rest}/chatter/groups`,
    users: `${rest}/chatter/users`,
    feed_items: `${rest}/chatter/feed-items`,
    feed_elements: `${rest}/chatter/feed-elements`,
    custom_domain: base,
  };
}

/** What userinfo and identity have in common. */
export function commonProfile(org: Org, user: User): Readonly<Record<string, unknown>> {
  const photo = `${org.origins.mydomain}/profilephoto/005`;
  return {
    user_id: user.id,
    organization_id: org.id,
    email: user.email,
    email_verified: true,
    photos: { picture: `${photo}/F`, thumbnail: `${photo}/T` },
    active: user.isActive,
    user_type: 'STANDARD',
    language: 'en_US',
    locale: 'en_US',
    utcOffset: 0,
  };
}
