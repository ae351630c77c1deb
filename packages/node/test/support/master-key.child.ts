import { createHash } from 'node:crypto';
import { loadMasterKey } from '../../src/master-key.ts';
import { systemRandom } from '../../src/random.ts';

/** Makes or finds the key, at a moment that several processes share, and shows its fingerprint. */
const [masterKeyFile = '', startAtMs = '0'] = process.argv.slice(2);
while (Date.now() < Number(startAtMs));
const { key } = loadMasterKey({ env: {}, masterKeyFile, storeIsEmpty: true, random: systemRandom });
process.stdout.write(`key ${createHash('sha256').update(key).digest('hex').slice(0, 16)}\n`);
