import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { welcome } from '../src/emulator/welcome.ts';
import { Output } from '../src/terminal/output.ts';

test('scopes go on below where the terminal ends, none is cut off', () => {
  const stdout = Object.assign(new PassThrough({ encoding: 'utf8' }), { columns: 60 });
  const scopes = ['api', 'web', 'refresh_token', 'openid', 'id', 'profile', 'email'];
  welcome(
    new Output(stdout, new PassThrough(), {}),
    {
      ready: true,
      loginUrl: 'http://127.0.0.1:8080',
      myDomainUrl: 'http://127.0.0.1:8081',
      controlUrl: 'http://127.0.0.1:8080',
      org: { id: '00D000000000EMUEA2', name: 'Acme' },
      users: [],
      apps: { billing: { clientId: 'billing_key_EMU', grantTypes: [], scopes } },
    },
    {},
  );
  const text = String(stdout.read());
  const [, table = ''] = /\nbilling([\s\S]*?)\n\n/.exec(text) ?? [];
  assert.deepEqual(table.trim().split(/\s+/), ['billing_key_EMU', ...scopes]);
  assert.ok(table.split('\n').length > 1 && table.split('\n').every((line) => line.length <= 60), table);
  assert.ok(!text.includes('connect try-'), 'an app that gets no token is not tried');
});
