import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { register as adopt } from './store-adopt.ts';
import { register as backup } from './store-backup.ts';
import { register as copy } from './store-copy.ts';
import { register as forgetReplica } from './store-forget-replica.ts';
import { register as migrate } from './store-migrate.ts';
import { register as rotateKey } from './store-rotate-key.ts';
import { register as status } from './store-status.ts';
import { register as verify } from './store-verify.ts';

const HELP = `
Each of them can be interrupted at any moment; the same command goes on. Help of one: forcemint store copy --help

Examples:
  forcemint store status
  forcemint store backup --out forcemint.backup
  forcemint store copy sqlite:/var/lib/forcemint/forcemint.db @/etc/forcemint/store-url`;

export function register(program: Command, context: Context): void {
  const store = program
    .command('store')
    .summary('look after the store as a whole: verify, backup, copy, new keys, restored or cloned')
    .description('Looks after the store as a whole. Who gets tokens meanwhile is not disturbed.')
    .addHelpText('after', HELP);
  for (const one of [status, verify, backup, rotateKey, copy, adopt, forgetReplica, migrate]) one(store, context);
}
