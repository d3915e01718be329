/** What the JSON API under /api answers that fails. Its bodies are shared with the dashboard (types only); times are epoch milliseconds unless named otherwise. */
export interface ApiError {
  readonly error: { readonly code: string; readonly message: string };
}
