import type { Forcemint } from '@forcemint/node';
import type { Context } from '../../context.ts';
import { EXIT } from '../../exit-codes.ts';
import { UsageError } from '../../usage-error.ts';
import { nextTriesOf, proveNext } from './prove-next.ts';
import { rotateCertificate } from './rotate-certificate.ts';
import { rotateSecret } from './rotate-secret.ts';
import type { Rotation } from './rotation.ts';
import { rotationDocument, rotationText } from './rotation-report.ts';

export interface RotateOptions {
  readonly rotateCertificate?: boolean;
  readonly rotateSecret?: boolean;
  readonly clientSecretFile?: string;
  readonly targetOrg?: string;
  readonly folder: string;
  readonly days: number | undefined;
  readonly force?: boolean;
  readonly prove?: boolean;
  readonly waitMs: number;
  readonly json?: boolean;
}

/** Stages another credential, and with `prove` waits for Salesforce to take it. @returns the exit code */
export async function rotate(context: Context, forcemint: Forcemint, name: string, options: RotateOptions): Promise<number> {
  const { folder, days, targetOrg, waitMs } = options;
  const [force, json] = [options.force === true, options.json === true];
  if (options.rotateCertificate === true && options.rotateSecret === true) {
    throw new UsageError('--rotate-certificate and --rotate-secret are done one after the other.', {
      fix: [`forcemint setup ${name} --rotate-certificate`],
    });
  }
  const rotation =
    options.rotateCertificate === true
      ? await rotateCertificate(context, forcemint, name, { folder, days, targetOrg, force })
      : await rotateSecret(context, forcemint, name, { file: options.clientSecretFile, force });
  if (!json) context.output.result(rotationText(context.output, rotation));
  if (options.prove === true) return tellTaken(context, forcemint, name, rotation, { waitMs, json });
  if (json) context.output.json(rotationDocument(rotation, name, undefined));
  return EXIT.done;
}

/** Waits until Salesforce takes what is staged, and says so. @returns the exit code: 5 where it did not within the time */
export async function tellTaken(
  context: Context,
  forcemint: Forcemint,
  name: string,
  rotation: Rotation | undefined,
  { waitMs, json }: { readonly waitMs: number; readonly json: boolean },
): Promise<number> {
  const { output } = context;
  const isTaken = await proveNext(waitMs, nextTriesOf(context, forcemint, name));
  if (json) output.json(rotationDocument(rotation, name, isTaken));
  else if (isTaken)
    output.result(
      `${output.paint('green', '✔')} Salesforce takes the new one: ${output.paint('bold', name)} uses it from now on`,
    );
  else output.note(`Not taken yet. Later, again: forcemint setup ${name} --prove`);
  return isTaken ? EXIT.done : EXIT.passing;
}
