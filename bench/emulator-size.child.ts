import { once } from 'node:events';
import { createEmulator } from '@forcemint/emulator';

/**
 * An emulator full of users, each with a grant. Prints where it is and the refresh tokens; when its stdin ends, the memory
 * that the process holds.
 */

const users = Array.from({ length: Number(process.argv[2]) }, (_, index) => ({
  username: `user-${index}@emulator.example`,
  password: `emulator-password-${index}`,
}));
await using emulator = await createEmulator({
  config: { users, apps: { rotating: { public: true, scopes: ['api', 'refresh_token'], isRefreshTokenRotationEnabled: true } } },
});
const { loginUrl, ready } = emulator;
const refreshTokens = users.flatMap(({ username }) => emulator.grant({ app: 'rotating', user: username }));
console.log(JSON.stringify({ loginUrl, clientId: ready.apps.rotating?.clientId, refreshTokens }));
refreshTokens.length = 0;
process.stdin.resume();
await once(process.stdin, 'end');
console.log(JSON.stringify({ residentBytes: process.memoryUsage().rss }));
