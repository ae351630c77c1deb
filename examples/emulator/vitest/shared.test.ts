import { expect, inject, test } from 'vitest';
import { query, requestToken } from './salesforce.ts';

// One emulator for all files, started by emulator.setup.ts: right for tests that only need a Salesforce to be there.

test('a token that works', async () => {
  const { myDomainUrl, controlUrl, apps } = inject('salesforce');
  const { clientId, clientSecret } = apps.clientCredentials;
  const token = await requestToken(myDomainUrl, {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret ?? '',
  });
  expect(await query(token, 'SELECT Id, Name FROM Account LIMIT 2')).toHaveLength(2);

  // Over HTTP there is all that `Emulator` has in code: here the ledger, with one line for each token request.
  const ledger = await (await fetch(`${controlUrl}/_emulator/ledger`)).json();
  expect(ledger.at(-1)).toMatchObject({ grantType: 'client_credentials', outcome: 'ok' });
});
