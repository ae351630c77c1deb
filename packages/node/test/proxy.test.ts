import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyFor } from '../src/proxy.ts';
import { failure } from './support/machine.ts';

const url = new URL('https://acme.my.salesforce.com/services/oauth2/token');
const proxied = (target: string, env: NodeJS.ProcessEnv) => proxyFor(new URL(target), env)?.href;

test('HTTPS_PROXY for https, HTTP_PROXY for http; lower case wins; without a scheme http is meant', () => {
  const env = { HTTPS_PROXY: 'http://secure:1', HTTP_PROXY: 'http://plain:2' };
  assert.equal(proxied('https://a.example/', env), 'http://secure:1/');
  assert.equal(proxied('http://a.example/', env), 'http://plain:2/');
  assert.equal(proxied('https://a.example/', { ...env, https_proxy: 'https://lower:3' }), 'https://lower:3/');
  assert.equal(proxied('https://a.example/', { HTTPS_PROXY: 'proxy.example:3128' }), 'http://proxy.example:3128/');
  assert.equal(proxied('https://a.example/', { HTTP_PROXY: 'http://plain:2' }), undefined);
  assert.equal(proxied('https://a.example/', { HTTPS_PROXY: '' }), undefined);
});

test('this machine is never reached through a proxy', () => {
  const env = { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://p:1' };
  for (const host of ['localhost', '127.0.0.1:8080', '127.1.2.3', '[::1]:99', 'emulator.localhost']) {
    assert.equal(proxied(`http://${host}/`, env), undefined, host);
  }
  assert.notEqual(proxied('http://127.0.0.1.evil.example/', env), undefined);
  assert.notEqual(proxied('http://localhost.example/', env), undefined);
});

test('NO_PROXY', () => {
  const exempt = (noProxy: string) => proxyFor(url, { HTTPS_PROXY: 'http://p:1', NO_PROXY: noProxy }) === undefined;
  for (const covers of [
    '*',
    'acme.my.salesforce.com',
    'ACME.my.SALESFORCE.com',
    'salesforce.com',
    '.salesforce.com',
    '*.salesforce.com',
    'other.example, salesforce.com',
    'other.example salesforce.com',
    'salesforce.com:443',
  ]) {
    assert.equal(exempt(covers), true, covers);
  }
  for (const misses of [
    '',
    ' ',
    ',',
    '.',
    'force.com',
    'esforce.com',
    'salesforce.com:8443',
    'acme',
    'my.salesforce.com.evil',
    'com.',
  ]) {
    assert.equal(exempt(misses), false, misses);
  }
  assert.equal(proxyFor(url, { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'other.example', no_proxy: 'salesforce.com' }), undefined);
});

test('a proxy of another kind is refused without its password', async () => {
  for (const proxy of ['socks5://user:synthetic-secret@p:1', 'http://user:synthetic-secret@:x']) {
    const error = await failure(() => proxyFor(url, { HTTPS_PROXY: proxy }));
    assert.deepEqual([error.name, error.code], ['ConfigurationError', 'invalid_url']);
    assert.doesNotMatch(error.message + JSON.stringify(error.diagnosis), /synthetic-secret/);
  }
});
