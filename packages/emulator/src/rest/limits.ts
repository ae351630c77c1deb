const DAILY_API_REQUESTS = 15_000;

/** `GET …/limits`, as far as the emulator counts. */
export function limits(apiRequests: number): Readonly<Record<string, { Max: number; Remaining: number }>> {
  return {
    DailyApiRequests: { Max: DAILY_API_REQUESTS, Remaining: Math.max(0, DAILY_API_REQUESTS - apiRequests) },
    DailyBulkApiBatches: { Max: 15_000, Remaining: 15_000 },
    DailyStreamingApiEvents: { Max: 10_000, Remaining: 10_000 },
    DataStorageMB: { Max: 5, Remaining: 5 },
    FileStorageMB: { Max: 20, Remaining: 20 },
  };
}

/** The value of `Sforce-Limit-Info`. */
export function limitInfo(apiRequests: number): string {
  return `api-usage=${apiRequests}/${DAILY_API_REQUESTS}`;
}
