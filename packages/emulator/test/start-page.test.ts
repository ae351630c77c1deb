import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { ADMIN, appOf, get, INTEGRATION, startEmulator } from './emulator-client.ts';

test('the root of both hosts says who can log in, which apps there are, and where the control interface is', async (t) => {
  const users = [{ username: 'a"><b>@acme.example', password: 'synthetic & <i>' }, ADMIN, INTEGRATION];
  const emulator = await startEmulator(t, { config: { users } });
  for (const origin of [emulator.loginUrl, emulator.myDomainUrl]) {
    const { status, headers, text } = await get(`${origin}/`);
    assert.equal(status, 200);
    assert.match(headers.get('content-type') ?? '', /^text\/html/);
    assert.match(text, /Forcemint emulator – not Salesforce/);
    for (const part of [ADMIN.username, ADMIN.password, emulator.loginUrl, emulator.myDomainUrl])
      assert.ok(text.includes(part), part);
    for (const { clientId } of Object.values(emulator.ready.apps)) assert.ok(text.includes(clientId), clientId);
    assert.ok(!text.includes(appOf(emulator, 'web').clientSecret ?? 'none'), 'a secret is in the ready line, not on a page');
    assert.ok(text.includes('a&quot;&gt;&lt;b&gt;@acme.example') && text.includes('synthetic &amp; &lt;i&gt;'), 'escaped');
    const links = [...text.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => new URL(href, origin).href);
    for (const link of links) assert.equal((await get(link, { 'sec-fetch-site': 'same-origin' })).status, 200, link);
    const isLinked = links.includes(`${emulator.loginUrl}/_emulator/ready`);
    assert.equal(isLinked, origin === emulator.loginUrl, 'a link from another origin would be refused');
  }
});

test('only to loopback names, and only for reading', async (t) => {
  const emulator = await startEmulator(t);
  const host = await new Promise((resolve, reject) => {
    request(`${emulator.loginUrl}/`, { headers: { host: 'rebound.example' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  assert.equal(host, 404);
  assert.equal((await fetch(emulator.loginUrl, { method: 'HEAD' })).status, 200);
  assert.equal((await fetch(emulator.loginUrl, { method: 'POST' })).status, 404);
});

test('404 says where the control interface is', async (t) => {
  const emulator = await startEmulator(t);
  const { status, text } = await get(`${emulator.myDomainUrl}/_emulator/ready`);
  const expected = `The emulator has nothing at /_emulator/ready; the control interface is at ${emulator.loginUrl}/_emulator/ready`;
  assert.deepEqual([status, text], [404, expected]);
});
