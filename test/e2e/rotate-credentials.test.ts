import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { World } from './support/command-line.ts';
import { type PlaceForAnOrg, placeForAnOrg } from './support/place-for-an-org.ts';

const USER = 'integration@emulator.example';
const NEW_SECRET = 'A1B2C3D4E5F60718'.repeat(4);
const METADATA = 'force-app/main/default/extlClntAppGlobalOauthSets';

interface Staged {
  readonly files: readonly { readonly path: string; readonly secret: boolean }[];
  readonly steps: readonly { readonly id: string; readonly setup: string }[];
  readonly deploy: string | null;
  readonly certificate_ends_at: number | null;
  readonly taken: boolean | null;
}

/** What `setup` has made is changed while programs go on using it. */
describe('rotating credentials', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  /** A connection that works, at an org of its own, to which its folder was deployed. */
  async function running(t: { after(work: () => unknown): void }, name: string, grant: string, ...more: readonly string[]) {
    const place = await placeForAnOrg();
    const folder = join(world.folder, name);
    const answers = ['--grant', grant, '--username', USER, '--email', 'a@acme.example', '--login-url', place.myDomainUrl];
    await world.ok(['setup', name, ...answers, '--out', folder, '--yes', ...more], place);
    let org = await place.deploy(folder);
    t.after(() => org.close());
    await world.ok(['setup', name, '--prove'], place);
    const deployed = async () => {
      await org.close();
      org = await place.deploy(folder);
      return org;
    };
    const metadata = async (): Promise<string> => {
      const [file = ''] = await readdir(join(folder, METADATA));
      return join(folder, METADATA, file);
    };
    return { folder, place, deployed, metadata };
  }

  /** An exchange that nobody forces: the token that there is was rejected. */
  async function anotherToken(name: string, place: PlaceForAnOrg): Promise<string> {
    const old = await world.ok(['token', name], place);
    await world.ok(['report-invalid', name, '--token-file', '-'], { ...place, stdin: old });
    return world.ok(['token', name], place);
  }

  test('a certificate: staged, deployed, and taken without a gap', async (t) => {
    const { folder, place, deployed, metadata } = await running(t, 'acme', 'jwt-bearer');
    const before = await readFile(join(folder, 'acme.key'), 'utf8');
    const staged: Staged = JSON.parse(
      await world.ok(['setup', 'acme', '--rotate-certificate', '--out', folder, '--json'], place),
    );
    const [key, certificate, app] = staged.files.map(({ path }) => path);
    assert.match(key ?? '', /^acme-[0-9a-f]{8}\.key$/);
    assert.deepEqual(
      staged.files.map(({ secret }) => secret),
      [true, false, false],
    );
    assert.equal((await stat(join(folder, key ?? ''))).mode & 0o777, 0o600);
    assert.equal(await readFile(join(folder, 'acme.key'), 'utf8'), before, 'the old key is where it was');
    const pem = await readFile(join(folder, certificate ?? ''), 'utf8');
    assert.ok(new X509Certificate(pem).checkPrivateKey(createPrivateKey(await readFile(join(folder, key ?? ''), 'utf8'))));
    assert.equal(join(folder, app ?? ''), await metadata());
    assert.ok((await readFile(await metadata(), 'utf8')).includes(pem.trim()));
    assert.equal(staged.deploy, `sf project deploy start --source-dir ${app}`);

    assert.match(await anotherToken('acme', place), /^00D/, 'the old one serves until the new one is deployed');
    const shown = await world.json(['show', 'acme'], place);
    assert.deepEqual(shown['secrets'], ['private_key', 'next_private_key']);
    assert.equal(shown['next_certificate_ends_at'], staged.certificate_ends_at);
    assert.match(
      await world.ok(['status', 'acme'], place),
      /^staged +a new private key, used as soon as Salesforce refuses the old one$/m,
    );
    assert.match(await world.ok(['list'], place), /^acme .*credential staged/m);

    const org = await deployed();
    assert.match(await anotherToken('acme', place), /^00D/, 'nobody notices');
    assert.deepEqual(
      org.ledger().map(({ outcome }) => outcome),
      ['invalid_grant', 'ok'],
    );
    const changed = await world.json(['show', 'acme'], place);
    assert.deepEqual(changed['secrets'], ['private_key']);
    assert.deepEqual([changed['certificate_ends_at'], changed['next_certificate_ends_at']], [staged.certificate_ends_at, null]);
    const doctor = await world.json(['doctor', 'acme'], place);
    const finding = (doctor['findings'] as { check: string; verdict: string }[]).find(({ check }) => check === 'certificate');
    assert.equal(finding?.verdict, 'good');
  });

  test('--prove tries the new one first; until Salesforce takes it, the old one serves and the exit code is 5', async (t) => {
    const { folder, place, deployed } = await running(t, 'early', 'jwt-bearer');
    const line = ['setup', 'early', '--rotate-certificate', '--out', folder, '--prove', '--wait', '1s'];
    const { code, stdout, stderr } = await world.run(line, place);
    assert.equal(code, 5, stderr);
    assert.match(stdout, /^✔ a new key, with its certificate, of early is staged$/m);
    assert.match(stdout, / 1\. Deploy the app:\n +cd .*early && sf project deploy start --source-dir force-app/);
    assert.match(stderr, /not yet: Salesforce does not take the new one yet; the old one serves meanwhile/);
    assert.match(await world.ok(['token', 'early'], place), /^00D/);
    await deployed();
    // The interval of forced renewals is not over: that is waited for, not an error.
    const again = await world.run(['setup', 'early', '--prove', '--wait', '1s', '--json'], place);
    assert.equal(again.code, 5);
    assert.deepEqual(JSON.parse(again.stdout), { connection: 'early', taken: false });
  });

  test('a consumer secret: staged, applied, proved', async (t) => {
    const { place, deployed, metadata } = await running(t, 'client', 'client-credentials');
    const rotate = ['setup', 'client', '--rotate-secret', '--client-secret-file', '-', '--json'];
    const staged: Staged = JSON.parse(await world.ok(rotate, { ...place, stdin: NEW_SECRET }));
    assert.deepEqual(
      staged.steps.map(({ id }) => id),
      ['apply-secret'],
    );
    assert.match(staged.steps[0]?.setup ?? '', /^Setup → External Client App Manager → .*Consumer Key and Secret$/);
    assert.match(await anotherToken('client', place), /^00D/, 'the old one serves');
    const xml = await readFile(await metadata(), 'utf8');
    await writeFile(await metadata(), xml.replace(/(?<=<consumerSecret>)\w+/, NEW_SECRET));
    const org = await deployed();
    assert.match(
      await world.ok(['setup', 'client', '--prove'], place),
      /^✔ Salesforce takes the new one: client uses it from now on$/m,
    );
    assert.deepEqual(
      org.ledger().map(({ outcome }) => outcome),
      ['ok'],
    );
    assert.deepEqual((await world.json(['show', 'client'], place))['secrets'], ['client_secret']);
  });

  test('a certificate that ends within 30 days is told by show, list, status, and by who gets a new token', async (t) => {
    const { place } = await running(t, 'short', 'jwt-bearer', '--days', '20');
    const old = await world.ok(['token', 'short'], place);
    await world.ok(['report-invalid', 'short', '--token-file', '-'], { ...place, stdin: old });
    const { code, stdout, stderr } = await world.run(['token', 'short'], place);
    assert.deepEqual([code, stdout.startsWith('00D')], [0, true]);
    assert.match(stderr, /^warning: short: certificate ends in (?:19|20) d.*forcemint status short/m);
    assert.equal((await world.run(['token', 'short'], place)).stderr, '', 'not with a stored one');
    assert.match(await world.ok(['show', 'short'], place), /^certificate +checked against the key, until .*\(in (?:19|20) d/m);
    assert.match(await world.ok(['show', 'short'], place), /^secrets set +private key \(given (?:now|\d+ s ago)\)$/m);
    assert.match(await world.ok(['list'], place), /^short .*certificate ends in/m);
    assert.match(await world.ok(['status', 'short'], place), /^do +forcemint setup short --rotate-certificate$/m);
  });

  test('an app that was made by hand gets its certificate by hand', async () => {
    await world.ok(world.connectJwt('by-hand', '--no-verify'));
    const folder = join(world.folder, 'by-hand');
    const staged: Staged = JSON.parse(await world.ok(['setup', 'by-hand', '--rotate-certificate', '--out', folder, '--json']));
    assert.deepEqual([staged.deploy, staged.files.length], [null, 2]);
    assert.equal(staged.steps[0]?.id, 'upload-certificate');
    assert.match(await readFile(join(folder, '.gitignore'), 'utf8'), /^\*\.key$/m);
    assert.match(staged.steps[0]?.setup ?? '', /Enable JWT Bearer Flow; of a connected app: .*Use digital signatures/);
  });

  test('what cannot be rotated is refused, and nothing is staged', async () => {
    await world.ok(world.connectClient('secretive', '--no-verify'), { stdin: world.clientSecret });
    await world.ok(world.connectJwt('signed', '--no-verify'));
    const folder = join(world.folder, 'refused');
    for (const [line, stdin, says] of [
      [['secretive', '--rotate-certificate'], '', /no private key.*\n.*--rotate-secret/],
      [
        ['signed', '--rotate-secret', '--client-secret-file', '-'],
        NEW_SECRET,
        /no client secret to change.*\n.*--rotate-certificate/,
      ],
      [['signed', '--rotate-secret', '--rotate-certificate'], '', /one after the other/],
      [['signed', '--rotate-certificate', '--days', '36500'], '', /rotate/],
      [['secretive', '--rotate-secret'], '', /new client secret is missing.*\n.*Make a new consumer secret/],
      [
        ['secretive', '--rotate-secret', '--client-secret-file', '-'],
        '<client_secret>',
        /none that Salesforce makes.*\n.*placeholder/,
      ],
      [['secretive', '--client-secret-file', '-'], NEW_SECRET, /belongs to --rotate-secret/],
    ] as const) {
      const { code, stderr } = await world.run(['setup', ...line, '--out', folder], { stdin });
      assert.equal(code, 2, line.join(' '));
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, new RegExp(NEW_SECRET));
    }
    assert.equal((await world.run(['setup', 'nobody', '--rotate-certificate'])).code, 6);
    await assert.rejects(readdir(folder), { code: 'ENOENT' });
    for (const name of ['secretive', 'signed']) {
      assert.doesNotMatch(JSON.stringify(await world.json(['show', name])), /next_(?:client_secret|private_key)"/);
    }
  });

  test('a second one is not staged in the place of the first without --force', async () => {
    await world.ok(world.connectClient('twice', '--no-verify'), { stdin: world.clientSecret });
    const line = ['setup', 'twice', '--rotate-secret', '--client-secret-file', '-'];
    await world.ok(line, { stdin: NEW_SECRET });
    const refused = await world.run(line, { stdin: NEW_SECRET });
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /staged already/);
    await world.ok([...line, '--force'], { stdin: NEW_SECRET.toLowerCase() });
    const both = ['--client-auth', 'post', '--client-secret-file', await world.file('both.secret', NEW_SECRET)];
    await world.ok(world.connectJwt('both', '--no-verify', ...both));
    await world.ok(['setup', 'both', '--rotate-certificate', '--out', join(world.folder, 'both')]);
    for (const force of [[], ['--force']]) {
      const other = ['setup', 'both', '--rotate-secret', '--client-secret-file', '-', ...force];
      const { code, stderr } = await world.run(other, { stdin: NEW_SECRET });
      assert.equal(code, 2);
      assert.match(stderr, /A new key of both is staged already/);
    }
  });
});
