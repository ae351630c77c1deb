import { test } from 'node:test';
import { storeContract } from '../contract.ts';
import { keysContract } from '../keys-contract.ts';
import { maintenanceContract } from '../maintenance-contract.ts';
import { renewalContract } from '../renewal-contract.ts';
import { missing, TestServer } from './support/server.ts';

const { place } = new TestServer();

if (missing !== false) test('PostgreSQL keeps the contract', { skip: missing });
else {
  storeContract('PostgreSQL', place);
  renewalContract('PostgreSQL', place);
  maintenanceContract('PostgreSQL', place);
  keysContract('PostgreSQL', place);
}
