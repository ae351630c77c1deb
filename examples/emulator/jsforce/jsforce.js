import { createEmulator } from '@forcemint/emulator';
import { Connection } from 'jsforce';

await using emulator = await createEmulator();
const { clientId, username } = emulator.ready.apps.rotating;

// As after a login: a refresh token, of an app that rotates them.
const [refreshToken] = emulator.grant({ app: 'rotating', user: username });
const connection = new Connection({
  version: '66.0',
  oauth2: { loginUrl: emulator.loginUrl, clientId },
  instanceUrl: emulator.myDomainUrl,
  refreshToken,
});
connection.on('refresh', (_accessToken, answer) => {
  console.log('refreshed');
  // Without this line jsforce presents the first refresh token again and again. An org that rotates refuses the second time.
  if (answer.refresh_token) connection.refreshToken = answer.refresh_token;
});

async function countAccounts() {
  const { totalSize } = await connection.query('SELECT Id FROM Account');
  return `${totalSize} accounts`;
}

console.log('at first:', await countAccounts());

emulator.advanceClock(2 * 60 * 60 + 1); // the session timeout is two hours, nobody waits for it
console.log('two hours later:', await countAccounts());

emulator.advanceClock(2 * 60 * 60 + 1);
emulator.fault({ match: { grantType: 'refresh_token' }, action: { row: 'R1' } });
console.log('refused:', await countAccounts().catch((error) => error.message));

console.log('the server saw:');
for (const { seq, grantType, outcome } of emulator.ledger()) console.log(seq, grantType, outcome);
