import type { Environment } from '../context.ts';

/** Whether this machine has a browser that the person in front of it would see. */
export function hasBrowser(env: Environment, platform: NodeJS.Platform): boolean {
  if (platform === 'darwin' || platform === 'win32') return env.SSH_CONNECTION === undefined;
  return (env.DISPLAY ?? '') !== '' || (env.WAYLAND_DISPLAY ?? '') !== '' || (env.WSL_DISTRO_NAME ?? '') !== '';
}

/** Opens the person's browser. That it fails is no error: the address is shown as well. @returns whether it was started */
export async function openBrowser(url: string): Promise<boolean> {
  const { default: open } = await import('open');
  try {
    const child = await open(url);
    child.on('error', () => undefined);
    child.unref();
    return true;
  } catch {
    return false;
  }
}
