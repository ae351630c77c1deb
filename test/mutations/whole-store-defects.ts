import type { Defect } from './defect.ts';

const SEAL = 'packages/core/src/seal';
const MAINTENANCE = 'packages/core/src/maintenance';
const SQLITE = 'packages/store/src/sqlite';
const ROTATION = 'packages/node/test/maintenance/rotate-keys.test.ts';
const COPY = 'packages/node/test/maintenance/copy-store.test.ts';
const CONTRACT = 'packages/store/test/sqlite-contract.test.ts';

/** Mistakes that strand or use up grants while a store is moved, restored or sealed anew, each with the test that notices. */
export const WHOLE_STORE_DEFECTS: readonly Defect[] = [
  {
    name: 'rows given out under a key that was not learned',
    edits: [
      {
        file: `${SEAL}/learning-store.ts`,
        find: 'if (sealed.some((bytes) => bytes !== undefined && !seal.knows(bytes))) await reload();',
        replace: '',
      },
    ],
    testFile: 'packages/store/test/learning-store.test.ts',
    testName: 'a row under a data key that came later is given out with the key learned',
  },
  {
    name: 'what an outdated key has sealed is written',
    edits: [
      {
        file: `${SEAL}/learning-store.ts`,
        find: 'if (sealed.some((bytes) => bytes !== undefined && seal.isOutdated(bytes))) throw outdated();',
        replace: '',
      },
    ],
    testFile: 'packages/store/test/learning-store.test.ts',
    testName: 'what was sealed by an older data key is not written once that may be late',
  },
  {
    name: 'the old data key deleted before others could hear of the new one',
    edits: [{ file: `${MAINTENANCE}/rotate-data-key.ts`, find: '  await waitUntilHeard(ports, introducedAtMs);\n', replace: '' }],
    testFile: ROTATION,
    testName: 'while others use the store, an old key is not deleted before they have had time to hear of the new one',
  },
  {
    name: 'a row sealed anew in the middle of its exchange',
    edits: [
      {
        file: `${MAINTENANCE}/rotate-data-key.ts`,
        find: "if (row.token.exchange.phase === 'intent' || row.token.exchange.login !== undefined) underway.push(name);",
        replace: 'if (name === undefined) underway.push(name);',
      },
    ],
    testFile: ROTATION,
    testName: 'a connection whose exchange is under way is left alone, keeps the old key alive, and is done next time',
  },
  {
    name: 'an answer that the store has yet to take overwritten in the spool',
    edits: [
      {
        file: `${MAINTENANCE}/spool-entries.ts`,
        find: '      if (row !== undefined && isWanted(entry, row)) return false;\n',
        replace: '',
      },
    ],
    testFile: ROTATION,
    testName:
      'the former master key is not forgotten while an answer that it sealed is wanted, and other answers are sealed anew',
  },
  {
    name: 'copied while exchanges are under way',
    edits: [{ file: `${MAINTENANCE}/copy-store.ts`, find: '  await drain(ports);\n', replace: '' }],
    testFile: COPY,
    testName: 'exchanges under way come to their end first; what has no answer is copied as it is',
  },
  {
    name: 'an event of another copy taken for one of this',
    edits: [
      {
        file: `${MAINTENANCE}/copy-content.ts`,
        find: 'if (!isSameData(contentOfEvent(event), contentOfEvent(page[index] ?? event))) throw new ForeignContent();',
        replace: 'if (event === undefined) throw new ForeignContent();',
      },
    ],
    testFile: COPY,
    testName: 'property: whatever part of a copy is there, of this source or of none, the result is the source',
  },
  {
    name: 'a write that begins an exchange not stopped by the condition of the store',
    edits: [
      {
        file: `${SQLITE}/sqlite-store.ts`,
        find: "this.write(lease === undefined ? 'settle' : 'begin'",
        replace: "this.write('settle'",
      },
    ],
    testFile: CONTRACT,
    testName: 'SQLite: a store that is moving begins nothing, names the target and goes on reading',
  },
  {
    name: 'the condition of the store looked at before the transaction',
    edits: [
      {
        file: `${SQLITE}/handle.ts`,
        find: '    return this.#queue.submit(() => {\n      const refusal = kind && writeRefusal(this.conditionNow(), kind);',
        replace: '    const refusal = kind && writeRefusal(this.conditionNow(), kind);\n    return this.#queue.submit(() => {',
      },
    ],
    testFile: CONTRACT,
    testName: 'SQLite: once a condition is set, nothing that it forbids is written any more',
  },
  {
    name: 'a condition set whatever stands',
    edits: [
      {
        file: `${SQLITE}/sqlite-maintenance.ts`,
        find: 'if (!isDeepStrictEqual(this.conditionNow(), JSON.parse(JSON.stringify(expected)))) return false;',
        replace: '',
      },
    ],
    testFile: CONTRACT,
    testName: 'SQLite: a condition is set only where the expected one stands',
  },
  {
    name: 'sealed anew over what others have written since',
    edits: [
      {
        file: `${SQLITE}/sqlite-maintenance.ts`,
        find: "if (token !== undefined && tokenRevision.get(token.connectionId)?.['revision'] !== token.revision - 1) return false;",
        replace: '',
      },
    ],
    testFile: CONTRACT,
    testName: 'SQLite: what is sealed anew is written only where nobody has written since',
  },
  {
    name: 'a clone that keeps an answer of the other store',
    edits: [
      {
        file: `${MAINTENANCE}/adopt-store.ts`,
        find: '  if (changeOf === clonedRow) await spool.clear(connection.id);\n',
        replace: '',
      },
    ],
    testFile: 'packages/node/test/maintenance/adopt-store.test.ts',
    testName: 'an answer that came along with a clone is not there any more; a restored store keeps its own',
  },
];
