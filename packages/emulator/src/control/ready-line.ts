/** The first line that `forcemint emulator --json` prints: all that a client needs. */
export interface ReadyLine {
  readonly ready: true;
  readonly loginUrl: string;
  readonly myDomainUrl: string;
  readonly controlUrl: string;
  /** With TLS: absolute path of the CA certificate that clients must trust (PEM), as `NODE_EXTRA_CA_CERTS` takes it; removed when the emulator closes. */
  readonly caFile?: string;
  readonly org: { readonly id: string; readonly name: string };
  readonly users: readonly ReadyUser[];
  readonly apps: Readonly<Record<string, ReadyApp>>;
}

export interface ReadyUser {
  readonly id: string;
  readonly username: string;
  readonly password: string;
}

export interface ReadyApp {
  readonly clientId: string;
  /** Missing for public apps. */
  readonly clientSecret?: string;
  /** PKCS#8 PEM, readable by its owner only; removed when the emulator closes. */
  readonly privateKeyFile?: string;
  /** PEM of the certificate that is registered with the app. */
  readonly certificateFile?: string;
  /** The `grant_type` values with which the app can get a first token as it is set up. */
  readonly grantTypes: readonly string[];
  /** As registered: `:*` stands for port 1717 or any from 10000 to 65535. */
  readonly redirectUris?: readonly string[];
  /** A username to try the app with. */
  readonly username?: string;
  readonly scopes: readonly string[];
}
