/** Removals that are still owed when the process ends, closed or not. Each is synchronous and doesn't throw. */
const owed = new Set<() => void>();

function pay(): void {
  for (const remove of owed) remove();
}

/** One listener for all emulators of the process, however many there are. @returns call it when the removal has been done */
export function removeAtExit(remove: () => void): () => void {
  if (!process.listeners('exit').includes(pay)) process.on('exit', pay);
  owed.add(remove);
  return () => owed.delete(remove);
}
