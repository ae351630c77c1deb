import type { Defect } from './defect.ts';

const CORE = 'packages/core';
const TOKENS = `${CORE}/src/tokens`;

/** Mistakes that lose refresh tokens, or nearly did in other products, each with the test that notices. */
export const EXCHANGE_DEFECTS: readonly Defect[] = [
  {
    name: 'an exchange without the lock',
    edits: [
      {
        file: 'packages/node/src/kernel-lock.ts',
        find: 'if (lock === undefined) return undefined;\n      try {',
        replace: `if (lock !== undefined) release(connectionId, lock);
      if (lock !== undefined || connectionId !== '')
        return { condition: await condition(), remainingMs: () => Number.POSITIVE_INFINITY, release: async () => undefined };
      try {`,
      },
    ],
    testFile: 'test/race/one-exchange.test.ts',
    testName:
      'SQLite: 60 times in a row, without any delay: a token that has run out is renewed once, however closely the processes follow each other',
  },
  {
    name: 'the lock file opened and closed a second time while it is locked',
    edits: [
      {
        file: 'packages/node/src/kernel-lock.ts',
        find: 'if (lock === undefined) return undefined;\n      try {',
        replace: `if (lock === undefined) return undefined;
      const { closeSync, openSync } = process.getBuiltinModule('node:fs');
      closeSync(openSync(\`\${directory}/\${fileNameFor(connectionId)}\`, 'r'));
      try {`,
      },
    ],
    testFile: 'packages/node/test/kernel-lock.test.ts',
    testName: 'a holder that is stopped is never robbed',
  },
  {
    name: 'the version of the refresh token not looked at when an answer comes',
    edits: [
      {
        file: `${TOKENS}/answers.ts`,
        find: 'if (row.version > version && !isNotedLogin) return { overtaken: row };',
        replace: '',
      },
    ],
    testFile: `${CORE}/test/late-answer.test.ts`,
    testName: 'a late answer for a refresh token that a human has replaced meanwhile changes nothing, and the history says so',
  },
  {
    name: 'the compare and set of the store dropped',
    edits: [
      {
        file: 'packages/store/src/sqlite/statements.ts',
        find: 'WHERE connection_id = :connection_id AND revision = :expected_revision AND version <= :version',
        replace: 'WHERE connection_id = :connection_id AND :expected_revision > 0 AND version <= :version',
      },
    ],
    testFile: 'packages/store/test/sqlite-contract.test.ts',
    testName: 'SQLite: of many updates of one revision, over two handles, exactly one wins',
  },
  {
    name: 'published before it is persisted: writes told as done before their commit',
    edits: [
      {
        file: 'packages/store/src/sqlite/commit-queue.ts',
        find: '        outcomes.push(settle);',
        replace: '        settle();',
      },
    ],
    testFile: 'packages/store/test/commit-queue.test.ts',
    testName: 'a commit that fails acknowledges nothing, and nothing stays',
  },
  {
    name: 'an answer that is not staged',
    edits: [
      {
        file: `${TOKENS}/answers.ts`,
        find: 'await spool.write({ ...place, sealed: seal.sealForSpool(place, body) });',
        replace: '',
      },
    ],
    testFile: `${CORE}/test/answers.test.ts`,
    testName: 'once the spool takes the answer the process is free to go, and the next one stores it',
  },
  {
    name: 'an exchange that ends when its caller hangs up',
    edits: [
      {
        file: `${TOKENS}/post-once.ts`,
        find: 'deadlineMs: durations.exchangeDeadlineMs',
        replace: 'deadlineMs: durations.callerWaitMs',
      },
    ],
    testFile: 'test/fault/network.test.ts',
    testName: 'fault 18, an answer that is later than its caller waits, and in time: the renewal goes on without its caller',
  },
  {
    name: 'posted again when Salesforce is busy with the same refresh token',
    edits: [
      {
        file: `${TOKENS}/post-once.ts`,
        find: "error.errorClass === 'busy' && !isRisky(connection, intent) && tries",
        replace: "error.errorClass === 'busy' && tries",
      },
    ],
    testFile: `${CORE}/test/exchange-protocol.test.ts`,
    testName: 'a rotating grant is not posted again after: "busy"',
  },
  {
    name: '“already being processed” taken for a refusal',
    edits: [{ file: `${TOKENS}/outcome.ts`, find: "return 'busy';", replace: "return 'rejected';" }],
    testFile: `${CORE}/test/exchange-protocol.test.ts`,
    testName: 'a rotating grant is not posted again after: "busy"',
  },
  {
    name: 'a request that may have left taken for one that did not',
    edits: [{ file: `${TOKENS}/outcome.ts`, find: "error.sent === 'no'", replace: "error.sent !== 'yes'" }],
    testFile: `${CORE}/test/exchange-protocol.test.ts`,
    testName: 'a rotating grant is not posted again after: "lost-after"',
  },
  {
    name: 'no intent before the request',
    edits: [
      {
        file: `${TOKENS}/exchange-runner.ts`,
        find: 'const changed = decision.record !== row.exchange;',
        replace: "const changed = decision.do !== 'post' && decision.record !== row.exchange;",
      },
    ],
    testFile: `${CORE}/test/exchange-protocol.test.ts`,
    testName: 'a holder that died after its intent leaves an unknown outcome, not a second post',
  },
  {
    name: 'the repetition without the wait',
    edits: [
      { file: `${TOKENS}/exchange.ts`, find: 'if (request.nowMs < untilMs) return', replace: 'if (request.nowMs < 0) return' },
    ],
    testFile: `${CORE}/test/exchange-protocol.test.ts`,
    testName: 'a rotating grant is not posted again after: "lost-before"',
  },
  {
    name: 'the repetition repeated',
    edits: [
      {
        file: `${TOKENS}/exchange.ts`,
        find: "if (attempt?.kind === 'probe') return { ...lost(record), failure: note };",
        replace: '',
      },
    ],
    testFile: 'test/fault/network.test.ts',
    testName:
      'faults 16 and 17, the repetition is unprocessed and has no answer either: it was the only one, and the loss is named',
  },
  {
    name: 'an answer dropped that can be neither staged nor stored',
    edits: [{ file: `${TOKENS}/persist-answer.ts`, find: 'if (await isStaged()) throw error;', replace: 'throw error;' }],
    testFile: `${CORE}/test/answers.test.ts`,
    testName: 'an answer that can be neither staged nor stored is kept until one of both works, and nobody else posts meanwhile',
  },
  {
    name: 'the old grant revoked before the new one is stored',
    edits: [
      {
        file: `${TOKENS}/answers.ts`,
        find: 'if (await store.updateToken(acceptance.row, row.revision, events, { revocations })) return acceptance;',
        replace: `await store.addRevocations(revocations);
      await this.#revocations.runDue();
      if (await store.updateToken(acceptance.row, row.revision, events)) return acceptance;`,
      },
    ],
    testFile: `${CORE}/test/revocations.test.ts`,
    testName: 'a login whose grant cannot be stored leaves the one before as it is',
  },
  {
    name: 'a revocation forgotten though Salesforce has not confirmed it',
    edits: [
      {
        file: `${TOKENS}/revocations.ts`,
        find: 'if (clock.nowMs() - createdAtMs < GIVE_UP_AFTER_MS) return isReached;',
        replace: '',
      },
    ],
    testFile: `${CORE}/test/revocations.test.ts`,
    testName: 'a superseded grant whose revocation is unreachable is kept, and revoked by whoever exchanges next',
  },
  {
    name: 'a grant renewed after it was handed over',
    edits: [
      {
        file: `${TOKENS}/exchange.ts`,
        find: "current.phase === 'deleted' || current.phase === 'handed-over'",
        replace: "current.phase === 'deleted'",
      },
    ],
    testFile: `${CORE}/test/hand-over.test.ts`,
    testName: 'a grant that was released is never renewed here again, and no token of it is handed out',
  },
  {
    name: 'no limit of exchanges at a time',
    edits: [
      { file: `${TOKENS}/exchange-gate.ts`, find: 'if (taken < this.#limit) {', replace: 'if (taken < Number.MAX_VALUE) {' },
    ],
    testFile: `${CORE}/test/renew-ahead.test.ts`,
    testName:
      '10,000 connections that expire at once: never more exchanges at a time than the set number, all fresh before they end',
  },
  {
    name: 'a process that begins exchanges while it drains',
    edits: [{ file: `${TOKENS}/renewals.ts`, find: 'this.#isClosed = true;\n    this.#runner.close();', replace: '' }],
    testFile: 'test/race/drain.test.ts',
    testName: 'while it drains a living token is still handed out, and a renewal is refused with what to do',
  },
  {
    name: 'an intent that is committed without looking at the lease',
    edits: [{ file: `${TOKENS}/exchange-runner.ts`, find: "decision.do === 'post' ? { lease } : {}", replace: '{}' }],
    testFile: `${CORE}/test/lease.test.ts`,
    testName: 'an intent is not even written by who was robbed of its lease, though nobody has changed the row yet',
  },
  {
    name: 'a request that leaves whether or not the lease outlasts it',
    edits: [
      {
        file: `${TOKENS}/post-once.ts`,
        find: 'if (consumesCredential && lease.remainingMs() < forMs)',
        replace: 'if (consumesCredential && forMs < 0)',
      },
    ],
    testFile: `${CORE}/test/lease.test.ts`,
    testName:
      'a lease that runs out while the connection comes about keeps the request: not one byte leaves, and the connection is where it was',
  },
  {
    name: 'a repetition in spite of a machine that is heard of and may hold the answer',
    edits: [
      {
        file: `${TOKENS}/exchange-runner.ts`,
        find: 'return clock.nowMs() + (await replicas.answersForMs(attempt.replica));',
        replace: 'return clock.nowMs();',
      },
    ],
    testFile: `${CORE}/test/replicas.test.ts`,
    testName:
      'an intent of another replica is left alone while that one is heard of, and repeated once ten minutes after it was not',
  },
  {
    name: 'a store that went back and gets nothing from the spool',
    edits: [{ file: `${TOKENS}/recovery.ts`, find: 'return this.#bringBack(connection, row, spooled);', replace: 'return row;' }],
    testFile: `${CORE}/test/store-went-back.test.ts`,
    testName: 'a store that went back by 2 versions gets the newest refresh token from the spool, and no spent one is presented',
  },
  {
    name: 'the answer with the newest refresh token taken out of the spool once it is stored',
    edits: [{ file: `${TOKENS}/answers.ts`, find: ' && taken.row.version === version) await', replace: ') await' }],
    testFile: `${CORE}/test/store-went-back.test.ts`,
    testName: 'the last answer with a refresh token stays in the spool after it was stored; one without is taken out',
  },
  {
    name: 'a refresh token used from a quarantined store',
    edits: [
      {
        file: `${TOKENS}/bars.ts`,
        find: 'return touchesGrant ? quarantined(condition.evidence) : undefined;',
        replace: "return touchesGrant && condition.evidence === '' ? quarantined(condition.evidence) : undefined;",
      },
    ],
    testFile: `${CORE}/test/store-condition.test.ts`,
    testName: 'quarantined: a renewal that is due of a connection with a refresh token is refused (store_quarantined)',
  },
  {
    name: 'a superfluous grant ended from a store that may be a copy',
    edits: [
      {
        file: `${TOKENS}/revocations.ts`,
        find: 'if (barred(await store.condition(), true) !== undefined) return;',
        replace: '',
      },
    ],
    testFile: `${CORE}/test/store-condition.test.ts`,
    testName: 'quarantined: who renews ahead of time does not use an idle refresh token or end a superfluous grant',
  },
  {
    name: 'a spent refresh token handed over by who was robbed of its lease',
    edits: [
      {
        file: `${CORE}/src/administration/hand-over.ts`,
        find: 'if (await store.updateToken(next, current.revision, [event], lease && { lease })) return result;',
        replace: 'await store.updateToken(next, (await this.#row(connection)).revision, [event]);\n      return result;',
      },
    ],
    testFile: `${CORE}/test/lease.test.ts`,
    testName: 'a grant is not handed over by who was robbed of its lease: what it had read is spent by then',
  },
];
