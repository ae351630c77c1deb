import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { metadataFiles, planApp } from '../src/index.ts';
import { metadataXml } from '../src/metadata/xml.ts';
import { KINDS, least } from './support/plans.ts';

const parser = new XMLParser({ parseTagValue: false, trimValues: false });
const markup = fc.constantFrom(
  '<',
  '>',
  '&',
  '"',
  "'",
  '&amp;',
  ']]>',
  '<![CDATA[',
  '<!--',
  '-->',
  '</label>',
  '&#60;',
  '{',
  '$1',
  '%',
);
const label = fc
  .array(fc.oneof(markup, fc.string({ unit: 'grapheme', maxLength: 8 })), { maxLength: 8 })
  .map((parts) => parts.join('').trim())
  .filter((text) => text !== '' && text.length <= 80 && !/[\p{Cc}\u2028\u2029\ufffe\uffff]/u.test(text));

test('labels of all sorts come back as they went in', () => {
  fc.assert(
    fc.property(label, fc.constantFrom(...KINDS), (text, kind) => {
      const plan = planApp({ ...least(kind, 'authorization-code'), name: 'App', label: text });
      const content = metadataFiles(plan)[0]?.content ?? '';
      assert.equal(XMLValidator.validate(content), true);
      const root: unknown = Object.values(parser.parse(content)).at(-1);
      assert.equal((root as { readonly label: string }).label, text);
    }),
    { numRuns: 500 },
  );
});

test('elements stand in the order of the alphabet, lists are repeated, and what is undefined is left out', () => {
  const xml = metadataXml('Thing', { b: true, a: ['2', '1'], c: undefined, Z: { y: 1, x: '' }, d: [] });
  assert.equal(
    xml.trim(),
    [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<Thing xmlns="http://soap.sforce.com/2006/04/metadata">',
      '    <Z>',
      '        <x></x>',
      '        <y>1</y>',
      '    </Z>',
      '    <a>2</a>',
      '    <a>1</a>',
      '    <b>true</b>',
      '</Thing>',
    ].join('\n'),
  );
});
