import { generateRsaKeyPair, type KeyPair } from '../org/signing-key.ts';

/** The RSA key pairs of one emulator. */
export interface EmulatorKeyPairs {
  /** Of the apps: the start waits for it. */
  readonly apps: Promise<KeyPair>;
  /** For ID tokens: may come later. */
  readonly signing: Promise<KeyPair>;
}

type Waiter = PromiseWithResolvers<KeyPair>;

const starts: Waiter[] = [];
const signers: Waiter[] = [];

/**
 * Orders two new pairs. How long one takes is luck, with a long tail; so whichever pair of the process is done first goes to the start that has
 * waited longest, and the signers get theirs after all starts.
 */
export function orderKeyPairs(): EmulatorKeyPairs {
  const apps = Promise.withResolvers<KeyPair>();
  const signing = Promise.withResolvers<KeyPair>();
  // Nobody may ask for it, or not yet; who asks sees the failure.
  for (const { promise } of [apps, signing]) promise.catch(() => undefined);
  starts.push(apps);
  signers.push(signing);
  for (const _each of [apps, signing]) {
    generateRsaKeyPair().then(
      (keyPair) => next()?.resolve(keyPair),
      (error: unknown) => next()?.reject(error),
    );
  }
  return { apps: apps.promise, signing: signing.promise };
}

function next(): Waiter | undefined {
  return starts.shift() ?? signers.shift();
}
