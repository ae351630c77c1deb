import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigurationError } from '@forcemint/core';
import fc from 'fast-check';
import { suggestedName } from '../src/import/imported-connection.ts';
import { readImport } from '../src/import/read-import.ts';

const part = fc.string({ unit: fc.constantFrom(...'aZ09._-'), minLength: 1, maxLength: 60 });

describe('files of other products', () => {
  test('an sfdxAuthUrl gives back what it was made of', () => {
    const padding = fc.constantFrom('', '=', '==');
    const label = fc.string({ unit: fc.constantFrom(...'az09'), minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        part,
        padding,
        fc.option(part, { nil: '' }),
        part,
        padding,
        label,
        (id, idPad, secret, token, tokenPad, host) => {
          const url = `force://${id}${idPad}:${secret}:${token}${tokenPad}@${host}.my.salesforce.com`;
          for (const text of [url, `${url}\n`, JSON.stringify({ result: { sfdxAuthUrl: url } }), JSON.stringify(url)]) {
            const { settings, secrets, refreshToken, sharedWith } = readImport(text, 'file');
            assert.equal(settings.loginUrl, `https://${host}.my.salesforce.com`);
            assert.equal(settings.clientId, `${id}${idPad}`);
            assert.equal(secrets.clientSecret, secret === '' ? undefined : secret);
            assert.equal(refreshToken, `${token}${tokenPad}`);
            assert.equal(sharedWith, 'Salesforce CLI');
          }
        },
      ),
    );
  });

  test('an sfdxAuthUrl that is malformed is refused without being repeated', () => {
    for (const text of [
      'force://a:b@host',
      'force://a:b:c',
      'force://::SECRETTOKEN@host',
      'force://a:b:SECRET TOKEN@host',
      'force://a:b:SECRETTOKEN@host/path',
    ]) {
      assert.throws(
        () => readImport(text, 'file'),
        (error) =>
          error instanceof ConfigurationError &&
          error.code === 'invalid_import' &&
          !JSON.stringify(error.diagnosis).includes('SECRET') &&
          !error.message.includes('SECRET'),
      );
    }
  });

  test('any text is imported or refused by name', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json(),
          fc.string().map((text) => `force://${text}`),
        ),
        (text) => {
          try {
            readImport(text, 'file');
          } catch (error) {
            assert.ok(error instanceof ConfigurationError);
            assert.equal(error.code, 'invalid_import');
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('the example of the blueprint is not taken for settings', () => {
    const example = {
      Username: 'user@acme.example',
      ClientId: '<consumer key>',
      PrivateKey: 'x',
      InstanceUrl: 'https://a.my.salesforce.com',
    };
    assert.throws(() => readImport(JSON.stringify(example), 'file'), /lacks ClientId/);
  });

  test('names come from the My Domain, else from the user', () => {
    assert.equal(suggestedName('https://acme-dev-ed.my.salesforce.com', 'u@x'), 'acme-dev-ed');
    assert.equal(suggestedName('https://acme--uat.sandbox.my.salesforce.com', undefined), 'acme--uat');
    assert.equal(suggestedName('https://acme-dev-ed.develop.my.salesforce.com/', undefined), 'acme-dev-ed');
    assert.equal(suggestedName('https://login.salesforce.com', 'Jane.Doe@Acme.Example'), 'jane.doe-acme.example');
    assert.equal(suggestedName('https://login.salesforce.com', undefined), 'salesforce');
    fc.assert(
      fc.property(fc.string(), fc.string(), (url, user) => assert.match(suggestedName(url, user), /^[a-z0-9][a-z0-9._-]{0,62}$/)),
    );
  });
});
