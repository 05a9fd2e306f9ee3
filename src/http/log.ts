/** What the HTTP side reports; `app.ts` turns it into log lines. */
export type LogEvent =
  | {
      readonly kind: 'request'
      readonly requestId: string
      readonly method: string
      readonly route: string
      readonly status: number
      readonly durationMs: number
    }
  | {
      readonly kind: 'request_failed'
      readonly requestId: string
      readonly route: string
      readonly cause: unknown
    }
