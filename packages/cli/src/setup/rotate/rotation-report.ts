import { shellCommand, shellWord } from '../../emulator/shell-command.ts';
import type { Output } from '../../terminal/output.ts';
import { wrapped } from '../../terminal/wrap.ts';
import type { Rotation } from './rotation.ts';

const INDENT = 4;

/** What a person reads: what is staged, and what to do now, in order. */
export function rotationText({ paint, stdout }: Output, rotation: Rotation): string {
  const { name, what, folder, files, endsMs, deploy, steps, applyStep } = rotation;
  const { columns } = stdout;
  const margin = ' '.repeat(INDENT);
  const placed = (step: { readonly text: string; readonly setup: string; readonly link?: string }): string => {
    const place = step.link === undefined ? step.setup : `${step.setup}   ${step.link}`;
    return `${wrapped(step.text, INDENT, columns)}\n${margin}${paint('dim', wrapped(place, INDENT, columns))}`;
  };
  const todo = [
    ...(deploy === undefined || folder === undefined
      ? []
      : [`Deploy the app:\n${margin}${shellCommand([`cd ${shellWord(folder)} &&`, ...deploy], columns, INDENT)}`]),
    ...steps.map(placed),
    ...(applyStep === undefined ? [] : [placed(applyStep)]),
    `See it taken: forcemint setup ${name} --prove`,
  ];
  return [
    `${paint('green', '✔')} a new ${what === 'certificate' ? 'key, with its certificate,' : 'client secret'} of ${paint('bold', name)} is staged`,
    ...(folder === undefined ? [] : [`  files        ${files.map(({ path }) => path).join(', ')}  (${folder})`]),
    ...(endsMs === undefined ? [] : [`  certificate  until ${new Date(endsMs).toISOString().slice(0, 10)}`]),
    '  until then   the old one is used; from the moment that Salesforce refuses it, the new one, by every process, by itself',
    '',
    'Now:',
    ...todo.map((text, index) => `${String(index + 1).padStart(2)}. ${text}`),
  ].join('\n');
}

/** The same for programs; no secret is in it. @param taken `undefined`: it was not tried */
export function rotationDocument(rotation: Rotation | undefined, name: string, taken: boolean | undefined): unknown {
  if (rotation === undefined) return { connection: name, taken: taken ?? null };
  const { what, folder, files, endsMs, deploy, steps, applyStep } = rotation;
  return {
    connection: name,
    staged: what,
    folder: folder ?? null,
    files: files.map(({ path, isSecret }) => ({ path, secret: isSecret })),
    certificate_ends_at: endsMs === undefined ? null : Math.floor(endsMs / 1000),
    deploy: deploy?.join(' ') ?? null,
    steps: [...steps, ...(applyStep === undefined ? [] : [applyStep])].map(({ id, text, setup, link, why }) => ({
      id,
      text,
      setup,
      link: link ?? null,
      why,
    })),
    taken: taken ?? null,
  };
}
