import { secretShape } from '@forcemint/core/connections/secret-shape';
import type { Forcemint } from '@forcemint/node';
import { applySecretStep, stagedSecretStep } from '@forcemint/setup';
import type { Context } from '../../context.ts';
import { readSecret } from '../../secret-input.ts';
import { canAsk } from '../../terminal/prompt.ts';
import { UsageError } from '../../usage-error.ts';
import { appOf, type Rotation, refuseStaged } from './rotation.ts';

export interface SecretOptions {
  /** The new secret; `-`: stdin. Default: it is asked for. */
  readonly file: string | undefined;
  /** Another secret, although one is staged. */
  readonly force: boolean;
}

const FLAG = '--client-secret-file';

/**
 * A new consumer secret, staged: the old one is sent until Salesforce refuses it, or the new one has proved itself.
 * @throws UsageError for a connection without a client secret, or with a staged one
 */
export async function rotateSecret(
  context: Context,
  forcemint: Forcemint,
  name: string,
  { file, force }: SecretOptions,
): Promise<Rotation> {
  const status = await forcemint.status(name);
  if (status.secretNames?.includes('clientSecret') !== true) {
    throw new UsageError(`${name} has no client secret to change.`, {
      fix: [`For its certificate: forcemint setup ${name} --rotate-certificate`],
    });
  }
  refuseStaged(status, 'nextClientSecret', force);
  const app = appOf(status);
  const { text, setup, link } = stagedSecretStep(app);
  const place = link === undefined ? setup : `${setup}   ${link}`;
  if (file === undefined && !canAsk(context)) {
    throw new UsageError('The new client secret is missing.', {
      fix: [`${text} ${place}`, `Then: ${FLAG} FILE, or - for stdin`],
    });
  }
  if (file === undefined) context.output.note(`${text}\n  ${context.output.paintNote('dim', place)}`);
  const secret = await readSecret(context, file ?? '-', { flag: FLAG, what: 'new client secret' });
  const { oddity } = secretShape(secret, status.connection.settings.clientId);
  if (oddity !== undefined) {
    throw new UsageError('The new client secret is none that Salesforce makes.', {
      why: `It looks like this: ${oddity.replaceAll('-', ' ')}.`,
      fix: [`Copy it again: ${place}`],
    });
  }
  await context.interrupts.protect(() =>
    forcemint.administration.update(name, { settings: {}, secrets: { nextClientSecret: secret } }),
  );
  return {
    name,
    what: 'secret',
    folder: undefined,
    files: [],
    endsMs: undefined,
    deploy: undefined,
    steps: [],
    applyStep: applySecretStep(app),
  };
}
