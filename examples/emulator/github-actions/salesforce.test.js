import assert from 'node:assert/strict';
import { test } from 'node:test';

// The ready line of the emulator that the workflow has started.
const { myDomainUrl, controlUrl, apps } = JSON.parse(process.env.SALESFORCE);

async function requestToken() {
  const { clientId, clientSecret } = apps.clientCredentials;
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  });
  return fetch(`${myDomainUrl}/services/oauth2/token`, { method: 'POST', body });
}

async function control(name, body) {
  const method = body === undefined ? 'GET' : 'POST';
  const answer = await fetch(`${controlUrl}/_emulator/${name}`, {
    method,
    body: JSON.stringify(body),
  });
  return answer.json();
}

async function query({ instance_url, access_token }) {
  const url = `${instance_url}/services/data/v66.0/query?q=SELECT+Id+FROM+Account`;
  return fetch(url, { headers: { authorization: `Bearer ${access_token}` } });
}

test('a token that works, until its session expires', async () => {
  const token = await (await requestToken()).json();
  assert.equal((await query(token)).status, 200);
  await control('clock', { advanceSeconds: 2 * 60 * 60 + 1 });
  assert.equal((await query(token)).status, 401);
});

test('a grant that is refused', async () => {
  await control('faults', { match: { grantType: 'client_credentials' }, action: { row: 'K3' } });
  const refused = await (await requestToken()).json();
  assert.equal(refused.error_description, 'client credentials flow not enabled');
  const ledger = await control('ledger');
  assert.equal(ledger.at(-1).outcome, 'invalid_grant');
});
