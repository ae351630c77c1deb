/** How far work on a whole store has come, for who watches it. */
export interface Progress {
  readonly step:
    | 'introducing the key'
    | 'sealing anew'
    | 'waiting for other processes'
    | 'draining'
    | 'copying connections'
    | 'copying events'
    | 'copying revocations'
    | 'verifying'
    | 'checking the files'
    | 'copying pages'
    | 'adopting';
  readonly done: number;
  /** `undefined`: nobody knows. */
  readonly total: number | undefined;
}

export type Report = (progress: Progress) => void;
