const STATUS_200 = `pm.test('status 200', () => pm.expect(pm.response.code, pm.response.text()).to.equal(200));`;

/** Of a token answer. A rotated refresh token comes first: the one that was sent has stopped working. */
export const KEEP_TOKEN = `
const answer = pm.response.code === 200 ? pm.response.json() : {};
if (answer.refresh_token) pm.environment.set('_refreshToken', answer.refresh_token);
if (answer.access_token) {
  const [orgId, userId] = String(answer.id).split('/').slice(-2);
  pm.environment.set('_accessToken', answer.access_token);
  pm.environment.set('_endpoint', answer.instance_url);
  pm.environment.set('_orgId', orgId);
  pm.environment.set('_userId', userId);
}
${STATUS_200}
pm.test('there is an access token', () => pm.expect(Boolean(answer.access_token)).to.equal(true));
`;

/** Of userinfo, asked with the access token of Postman’s own login, which no script sees the answer of. */
export const KEEP_LOGIN = `
const token = (pm.request.headers.get('Authorization') || '').replace(/^Bearer /, '');
pm.test('logged in: Authorization → Get New Access Token → Use Token', () => pm.expect(token !== '').to.equal(true));
${STATUS_200}
if (pm.response.code === 200) {
  const { user_id, organization_id, urls } = pm.response.json();
  pm.environment.set('_accessToken', token);
  pm.environment.set('_endpoint', urls.rest.split('/services/')[0]);
  pm.environment.set('_orgId', organization_id);
  pm.environment.set('_userId', user_id);
}
`;

/** Before a login: none while there is a grant, so that a run of the whole collection asks nobody. */
export const ONLY_WITHOUT_GRANT = `
if (pm.environment.get('_refreshToken')) {
  console.log('No login: there is a grant. For a new one, empty _refreshToken.');
  pm.execution.skipRequest();
}
`;

/** Before a refresh. */
export const ONLY_WITH_REFRESH_TOKEN = `
if (!pm.environment.get('_refreshToken')) {
  pm.test('_refreshToken is filled in, with that of a login in Postman', () => pm.expect.fail('_refreshToken is empty'));
  pm.execution.skipRequest();
}
`;

export const CHECK_USERINFO = `
${STATUS_200}
pm.test('the user of the token', () => {
  const { user_id, organization_id } = pm.response.json();
  pm.expect(user_id).to.equal(pm.environment.get('_userId'));
  pm.expect(organization_id).to.equal(pm.environment.get('_orgId'));
});
`;

export const CHECK_VERSIONS = `
${STATUS_200}
pm.test('the org has this version', () => {
  const versions = pm.response.json().map(({ version }) => version);
  pm.expect(versions).to.include(pm.environment.get('version'));
});
`;

export const CHECK_LIMITS = `
${STATUS_200}
pm.test('API requests of the day', () => pm.expect(pm.response.json().DailyApiRequests.Max).to.be.a('number'));
`;

export const CHECK_QUERY = `
${STATUS_200}
pm.test('one record, that user', () => {
  const { records } = pm.response.json();
  pm.expect(records.map(({ Id }) => Id)).to.deep.equal([pm.environment.get('_userId')]);
});
`;

export const CHECK_ACTIVE = `
${STATUS_200}
pm.test('the access token is active', () => pm.expect(pm.response.json().active).to.equal(true));
`;

/** What is revoked is forgotten. A refusal may repeat the token, so that only its status is told. */
export const FORGET_REVOKED = `
pm.test('status 200', () => pm.expect(pm.response.code).to.equal(200));
if (pm.response.code === 200) {
  const sent = pm.request.body.urlencoded.filter(({ disabled }) => !disabled).map(({ value }) => value);
  for (const name of ['_accessToken', '_refreshToken']) {
    if (sent.includes(pm.environment.get(name))) pm.environment.set(name, '');
  }
}
`;
