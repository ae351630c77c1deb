/** Whether a Host header names loopback: a web page can point any other name there, and then read what it gets. */
export function isLoopbackHost(host: string | undefined): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes((host ?? '').replace(/:\d+$/, ''));
}
