import { Socket } from 'node:net';
import type { KillPointName } from './kill-points.ts';

/**
 * Puts kill points around what this process does with TCP connections: connect, write, read. A request is one write; what comes back is whatever one
 * read brings.
 */
export function watchSockets(reach: (point: KillPointName) => void, awaited: () => KillPointName | undefined): void {
  const { connect, _write: write, _writev: writev, push } = Socket.prototype;
  if (writev === undefined) throw new TypeError('sockets have no _writev any more');
  const isTcp = (socket: Socket): boolean => socket.remotePort !== undefined;
  /** What goes to a database goes over a Unix socket. */
  const isToPath = (target: unknown): boolean => {
    if (Array.isArray(target)) return isToPath(target[0]);
    if (typeof target !== 'object' || target === null) return typeof target === 'string';
    return 'path' in target && typeof target.path === 'string';
  };

  Object.assign(Socket.prototype, {
    connect(this: Socket, ...options: Parameters<typeof connect>) {
      if (isToPath(options[0])) return connect.apply(this, options);
      reach('s3 before');
      this.prependOnceListener('connect', () => reach('s3 after'));
      return connect.apply(this, options);
    },
    _write(this: Socket, ...[chunk, encoding, done]: Parameters<typeof write>) {
      if (!isTcp(this)) {
        write.call(this, chunk, encoding, done);
        return;
      }
      written(this, [Buffer.from(chunk, encoding)], done, () => write.call(this, chunk, encoding, told(done)));
    },
    _writev(this: Socket, ...[chunks, done]: Parameters<typeof writev>) {
      if (!isTcp(this)) {
        writev.call(this, chunks, done);
        return;
      }
      const bytes = chunks.map(({ chunk, encoding }) => Buffer.from(chunk, encoding));
      written(this, bytes, done, () => writev.call(this, chunks, told(done)));
    },
    push(this: Socket, ...[chunk, encoding]: Parameters<typeof push>) {
      if (isTcp(this) && chunk !== null) reach('s6 before');
      return push.call(this, chunk, encoding);
    },
  });

  function written(socket: Socket, chunks: readonly Buffer[], done: Parameters<typeof write>[2], all: () => void): void {
    reach('s4 before');
    if (awaited() !== 's4 halfway') {
      all();
      return;
    }
    const bytes = Buffer.concat(chunks);
    // The encoding by which streams say that these are bytes already.
    write.call(socket, bytes.subarray(0, Math.floor(bytes.length / 2)), 'buffer' as BufferEncoding, (error) => {
      reach('s4 halfway');
      done(error);
    });
  }

  function told(done: Parameters<typeof write>[2]): Parameters<typeof write>[2] {
    return (error) => {
      if (!error) reach('s4 after');
      done(error);
    };
  }
}
