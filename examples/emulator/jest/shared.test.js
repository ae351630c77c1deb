const { query, requestToken } = require('./salesforce.js');

// One emulator for all files, started by global-setup.mjs: right for tests that only need a Salesforce to be there.

const { myDomainUrl, controlUrl, apps } = JSON.parse(process.env.SALESFORCE);

test('a token that works', async () => {
  const { clientId, clientSecret } = apps.clientCredentials;
  const token = await requestToken(myDomainUrl, {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  });
  const { status, body } = await query(token, 'SELECT Id, Name FROM Account LIMIT 2');
  expect(status).toBe(200);
  expect(body.records).toHaveLength(2);

  // Over HTTP there is all that `createEmulator()` gives in code: here the ledger, with one line for each token request.
  const ledger = await (await fetch(`${controlUrl}/_emulator/ledger`)).json();
  expect(ledger.at(-1)).toMatchObject({ grantType: 'client_credentials', outcome: 'ok' });
});
