import { escapeMarkup } from '../oauth/wire-format.ts';
import { type EmulatorAnswer, htmlAnswer } from '../server/http-message.ts';

const STYLE = `
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif;--line:#8885;--edge:light-dark(#767b85,#8b909b);--accent:#0b5cab}
body{box-sizing:border-box;margin:0;padding:1rem;min-height:100vh;display:grid;place-items:center;background:light-dark(#f3f4f7,#16181d)}
main{box-sizing:border-box;width:min(26rem,100%);padding:2rem;background:light-dark(#fff,#22252c);border:1px solid var(--line);border-radius:12px}
.label{margin:0 0 1.5rem;font-size:.8rem;opacity:.75}
h1{margin:0 0 .5rem;font-size:1.35rem}
h2{margin:1.5rem 0 .25rem;font-size:1rem}
ul{margin:.25rem 0;padding-left:1.25rem}
a{color:light-dark(#0b5cab,#8ec5ff);overflow-wrap:anywhere}
label{display:block;margin:1rem 0 .25rem;font-weight:600}
input{box-sizing:border-box;width:100%;padding:.6rem;font:inherit;border:1px solid var(--edge);border-radius:6px}
button{margin:1.25rem .5rem 0 0;padding:.6rem 1.2rem;font:inherit;font-weight:600;border:1px solid var(--accent);border-radius:6px;background:var(--accent);color:#fff;cursor:pointer}
button.plain{background:transparent;color:inherit;border-color:var(--edge)}
.alert{padding:.6rem .8rem;border-radius:6px;border:1px solid;color:light-dark(#b3261e,#ffb4ab)}
code,strong,dd{overflow-wrap:anywhere}
dt{margin-top:.75rem;font-weight:600}
dd{margin:0}
details{margin-top:1.25rem;font-size:.9rem}`;

/** HTML that was built, not typed in by somebody. */
export interface Markup {
  readonly html: string;
}

/** A template whose values are escaped unless they are {@link Markup}. */
export function markup(strings: TemplateStringsArray, ...values: readonly (string | Markup | readonly Markup[])[]): Markup {
  const render = (value: string | Markup | readonly Markup[]): string => {
    if (typeof value === 'string') return escapeMarkup(value);
    return 'html' in value ? value.html : value.map((one) => one.html).join('');
  };
  return { html: strings.reduce((html, text, index) => html + render(values[index - 1] ?? '') + text) };
}

/** One page of the emulator: plain HTML, no script, plainly not Salesforce. */
export function page(status: number, title: string, content: Markup): EmulatorAnswer {
  const body = markup`<main><p class="label">Forcemint emulator – not Salesforce</p><h1>${title}</h1>${content}</main>`;
  return htmlAnswer(
    status,
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
      `<title>${escapeMarkup(title)} · Forcemint emulator</title><style>${STYLE}</style></head><body>${body.html}</body></html>`,
  );
}
