export default async function stopEmulator() {
  await globalThis.emulator.close();
}
