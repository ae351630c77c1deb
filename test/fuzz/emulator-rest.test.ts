import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { text } from './support/arbitraries.ts';
import { judgeAnswer, judgeLiveness } from './support/oracles.ts';
import { DEADLINE, parameters, seed } from './support/runs.ts';
import { brokenSoql, soqlPlan, soqlText } from './support/soql.ts';
import { get, type WireAnswer, type WireRequest } from './support/wire.ts';
import { World } from './support/world.ts';

const DATA = '/services/data/v66.0';

interface Rest {
  send(request: WireRequest): Promise<WireAnswer>;
  query(soql: string, columns?: boolean): Promise<WireAnswer>;
  sobject(method: string, path: string, body: string): Promise<WireAnswer>;
}

async function restOf(world: World): Promise<Rest> {
  const authorization = ['authorization', `Bearer ${await world.newAccessToken()}`] as const;
  const send = async (request: WireRequest): Promise<WireAnswer> => {
    const answer = await world.wire.send({ ...request, headers: [...request.headers, authorization] });
    judgeAnswer(world, request, answer);
    assert.notEqual(answer.status, 401);
    return answer;
  };
  return {
    send,
    query: (soql, columns = false) =>
      send(get('mydomain', `${DATA}/query?${new URLSearchParams({ q: soql.toWellFormed(), columns: String(columns) })}`)),
    sobject: (method, path, body) =>
      send({
        host: 'mydomain',
        method,
        target: `${DATA}/sobjects/${path}`,
        headers: [['content-type', 'application/json']],
        body,
      }),
  };
}

test(`SOQL that nearly is: the records asked for, or an error that says why not (seed ${seed})`, DEADLINE, async () => {
  await using world = await World.start();
  const rest = await restOf(world);
  let answered = 0;
  const property = fc.asyncProperty(soqlPlan, async (plan) => {
    const { status, text: body } = await rest.query(soqlText(plan));
    const isImpossible = plan.fields.includes('Nothing') || plan.object === 'Nothing__c';
    if (status !== 200) {
      assert.equal(status, 400, body);
      return;
    }
    answered += 1;
    assert.ok(!isImpossible, `an answer about nothing: ${body}`);
    const { totalSize, records, done } = JSON.parse(body);
    assert.ok(Number.isInteger(totalSize) && totalSize >= records.length && typeof done === 'boolean', body);
    if (plan.limit !== undefined) assert.ok(records.length <= plan.limit, body);
    for (const { attributes, ...fields } of records) {
      assert.equal(attributes.type.toLowerCase(), plan.object.toLowerCase());
      // A field may name its own object first: Account.Name of an Account is its Name.
      const own = `${plan.object.toLowerCase()}.`;
      const asked = plan.fields.map((field) => {
        const name = field.toLowerCase();
        return (name.startsWith(own) ? name.slice(own.length) : name).split('.')[0];
      });
      for (const name of Object.keys(fields)) assert.ok(asked.includes(name.toLowerCase()), `${name} was not asked`);
    }
  });
  await fc.assert(property, parameters(1_000));
  assert.ok(answered > 50, `only ${answered} had an answer`);
});

test(`SOQL that is broken, very long or very deep (seed ${seed})`, DEADLINE, async () => {
  await using world = await World.start();
  const rest = await restOf(world);
  const property = fc.asyncProperty(brokenSoql, fc.boolean(), async (soql, columns) => {
    const { status } = await rest.query(soql, columns);
    assert.ok(status === 200 || status === 400 || status === 414 || status === 431, `${status}`);
  });
  await fc.assert(property, parameters(1_000));
  await judgeLiveness(world);
});

test(
  `records: ids and bodies of all kinds; what was made is there, and what was deleted is not (seed ${seed})`,
  DEADLINE,
  async () => {
    await using world = await World.start();
    const rest = await restOf(world);
    const object = fc.constantFrom('Account', 'Contact', 'User', 'Organization', 'account', 'Nothing__c', '__proto__', '');
    const id = fc.oneof(
      fc.constantFrom(
        '001000000EMU001',
        '001000000EMU001AAA',
        '005000000EMU001AAC',
        '001000000emu001',
        '0',
        '',
        '..',
        '%2e%2e',
        'describe',
      ),
      text.map((junk) => encodeURIComponent(junk.toWellFormed())),
    );
    const name = fc.constantFrom(
      'Name',
      'name',
      'Id',
      'attributes',
      'LastName',
      'AccountId',
      'CreatedDate',
      'Nothing',
      '__proto__',
      'constructor',
      '',
    );
    const body = fc.oneof(
      fc.dictionary(name, fc.oneof(fc.jsonValue(), text)).map((fields) => JSON.stringify(fields)),
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.constantFrom('', '{', '{"Name":"\\ud800"}', '{"Name":1,"Name":2}', `{"Name":${'['.repeat(9_000)}${']'.repeat(9_000)}}`),
      text,
    );
    const method = fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE', 'PUT', 'HEAD');
    const property = fc.asyncProperty(method, object, fc.option(id), body, async (how, what, which, content) => {
      const path = encodeURIComponent(what) + (which === null ? '' : `/${which}`);
      const { status, text: answer } = await rest.sobject(how, path, content);
      if (how === 'POST' && status === 201) {
        const { id: made, success, errors } = JSON.parse(answer);
        assert.deepEqual([success, errors], [true, []]);
        assert.equal((await rest.sobject('GET', `${what}/${made}`, '')).status, 200);
        assert.equal((await rest.sobject('DELETE', `${what}/${made}`, '')).status, 204);
        assert.equal((await rest.sobject('GET', `${what}/${made}`, '')).status, 404);
      }
      if (how === 'DELETE' && status === 204) assert.equal((await rest.sobject('GET', path, '')).status, 404);
    });
    await fc.assert(property, parameters(1_000));
    await judgeLiveness(world);
  },
);
