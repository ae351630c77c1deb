import { ConfigurationError } from '@forcemint/core/errors';

/**
 * The proxy for a URL as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say (lower-case names win); `undefined`: connect directly. This machine itself
 * (`localhost`, `127.0.0.0/8`, `::1`) is never reached through a proxy.
 * @throws ConfigurationError `invalid_url` for a proxy that is not http or https
 */
export function proxyFor(url: URL, env: Readonly<NodeJS.ProcessEnv>): URL | undefined {
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const proxy = env[name] || env[name.toUpperCase()];
  if (!proxy || isLoopback(url.hostname) || isExempt(url, env['no_proxy'] || env['NO_PROXY'] || '')) return undefined;
  const parsed = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`);
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return parsed;
  throw new ConfigurationError('invalid_url', `${name.toUpperCase()} is not the URL of an HTTP proxy.`, {
    diagnosis: {
      cause: 'Only http:// and https:// proxies are supported.',
      fix: [`Set ${name.toUpperCase()} to http://host:port, or list ${url.hostname} in NO_PROXY.`],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}

/** Entries: `*`, `host`, `.suffix`, `*.suffix`, each with an optional `:port`; a host covers its subdomains. */
function isExempt(url: URL, noProxy: string): boolean {
  const host = url.hostname.toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '*') return true;
      const [, pattern = '', onlyPort] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
      const suffix = pattern.replace(/^\*?\./, '');
      if (suffix === '' || (onlyPort !== undefined && onlyPort !== port)) return false;
      return host === suffix || host.endsWith(`.${suffix}`);
    });
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
