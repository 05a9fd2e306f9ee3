import type { ErrorEnvelope } from './wire.ts'

/** The server answered with an error. */
export class ServerError extends Error {
  readonly envelope: ErrorEnvelope
  /** What to do now, where the command knows it. */
  next: string | null = null
  constructor(envelope: ErrorEnvelope) {
    super(envelope.message)
    this.envelope = envelope
  }
}

/** Nobody answered, or the answer broke off. */
export class UnreachableError extends Error {
  readonly server: string
  constructor(server: string, cause: unknown) {
    super(`Cannot reach ${server}: ${reasonOf(cause)}`, { cause })
    this.server = server
  }
}

/** Somebody else answered. */
export class NotBroadsheetError extends Error {
  constructor(server: string) {
    super(`What answers on ${server} is not a Broadsheet server`)
  }
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as { code?: string; message?: string }
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name is not known'
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'it does not answer'
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'the connection broke off'
    default:
      return message || code || 'unknown cause'
  }
}
