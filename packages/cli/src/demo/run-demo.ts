import type { Output } from '../terminal/output.ts';
import { withProgress } from '../terminal/progress.ts';
import { type Cell, table } from '../terminal/table.ts';
import { durationInWords } from '../terminal/time.ts';
import { askSalesforce, DEMO_GRANTS, type DemoGrant, type DemoWorld, ROTATING_CONNECTION } from './demo-steps.ts';

/** A step that failed, with what was being done. */
export class DemoStepError extends Error {
  override readonly cause: unknown;

  constructor(step: string, cause: unknown) {
    super(`This step of the demo failed: ${step}.`);
    this.name = 'DemoStepError';
    this.cause = cause;
  }
}

/**
 * Everything that the demo shows, step by step, then a table of it.
 * @param signal between two steps an abort ends it
 * @throws DemoStepError
 */
export async function runDemo(output: Output, world: DemoWorld, signal: AbortSignal): Promise<void> {
  const { paint } = output;
  const step = async <T>(text: string, work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    try {
      return await withProgress(output, text, work);
    } catch (error) {
      throw new DemoStepError(text, error);
    }
  };
  const rows: Cell[][] = [];
  for (const grant of DEMO_GRANTS) {
    rows.push(await showGrant(world, grant, step));
    output.result(`${paint('green', '✔')} ${paint('bold', grant.grant)}: ${grant.story}`);
  }

  const { forcemint } = world;
  const before = await forcemint.status(ROTATING_CONNECTION);
  await step(`renewing ${ROTATING_CONNECTION}`, () => forcemint.renew(ROTATING_CONNECTION));
  const after = await forcemint.status(ROTATING_CONNECTION);
  if (after.version !== before.version + 1) {
    throw new DemoStepError(`renewing ${ROTATING_CONNECTION}`, new Error('The refresh token was not rotated.'));
  }
  output.result(
    `${paint('green', '✔')} ${paint('bold', 'renewal')}: ${ROTATING_CONNECTION}’s refresh token was rotated (version ${before.version} → ${after.version})\n`,
  );
  const head = ['GRANT', 'CONNECTION', 'ASKED SALESFORCE', 'ANSWER', 'VALID'];
  output.result(table(rows, { head, paint }));
}

async function showGrant(
  world: DemoWorld,
  grant: DemoGrant,
  step: <T>(text: string, work: () => Promise<T>) => Promise<T>,
): Promise<Cell[]> {
  const { connection } = grant;
  await step(`connecting ${connection} (${grant.grant})`, () => grant.connect(world, connection));
  const token = await step(`getting a token for ${connection}`, () => world.forcemint.getToken(connection));
  const answer = await step(`using the token of ${connection}`, () => askSalesforce(token, grant));
  return [
    { text: grant.grant, style: 'bold' },
    connection,
    grant.asked,
    { text: answer, style: 'green' },
    durationInWords(token.expiresAt - Date.now() / 1000),
  ];
}
