import { type AccessToken, fingerprint } from '@forcemint/core';
import type { Output } from '../terminal/output.ts';
import { wrapped } from '../terminal/wrap.ts';
import type { Generated } from './generate.ts';

interface Made extends Generated {
  readonly name: string;
  readonly folder: string;
}

/** What a person reads: what was made, and what to do now, in order. */
export function setupText(
  { paint, stdout }: Output,
  { name, folder, plan, files, deploy, steps, certificateEndsMs }: Made,
): string {
  const indent = (text: string): string => wrapped(text, 4, stdout.columns);
  const secrets = files.filter(({ isSecret }) => isSecret).map(({ path }) => path);
  const ends =
    certificateEndsMs === undefined ? [] : [`  certificate until ${new Date(certificateEndsMs).toISOString().slice(0, 10)}`];
  const isLogin = plan.grant === 'authorization-code';
  const todo: readonly (readonly [text: string, place?: string])[] = [
    [`Deploy the app: cd ${folder} && ${deploy}`],
    ...steps.map(({ text, setup, link }) => [text, link === undefined ? setup : `${setup}   ${link}`] as const),
    [isLogin ? `Log in: forcemint login ${name}` : `See it work: forcemint setup ${name} --prove`],
  ];
  return [
    `${paint('green', '✔')} ${paint('bold', name)} is made, and what its org needs is in ${folder}`,
    `  app         ${plan.label} (${plan.name})`,
    ...(secrets.length === 0 ? [] : [`  secret      ${secrets.join(', ')}`]),
    ...ends,
    '',
    'Now:',
    ...todo.flatMap(([text, place], index) => [
      `${String(index + 1).padStart(2)}. ${indent(text)}`,
      ...(place === undefined ? [] : [`    ${paint('dim', indent(place))}`]),
    ]),
  ].join('\n');
}

/** The same for programs; no secret is in it. */
export function setupDocument(of: {
  readonly name: string;
  readonly folder: string;
  readonly made: Generated | undefined;
  readonly token: AccessToken | undefined;
}): unknown {
  const { name, folder, made, token } = of;
  return {
    connection: name,
    ...(made !== undefined && {
      folder,
      app: made.plan.name,
      client_id: made.plan.consumerKey,
      files: made.files.map(({ path, isSecret }) => ({ path, secret: isSecret })),
      certificate_ends_at: made.certificateEndsMs === undefined ? null : Math.floor(made.certificateEndsMs / 1000),
      deploy: made.deploy,
      steps: made.steps.map(({ text, setup, link, why }) => ({ text, setup, link: link ?? null, why })),
    }),
    proved:
      token === undefined
        ? null
        : { fingerprint: fingerprint(token.value), instance_url: token.instanceUrl, expires_at: token.expiresAt },
  };
}
