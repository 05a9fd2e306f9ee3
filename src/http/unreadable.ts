import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { AppError, errorSpec } from '../kernel/index.ts'
import { exploreError, managementError } from './error-rendering.ts'

/** Answers bytes that are no HTTP request, or too long a one: no route and no hook ever sees them. */
export function answerUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const known = errorOf(error.code)
  const { status } = errorSpec(known.key)
  // Neither which API was meant nor in which language may have been read: the answer has the keys of both, in English.
  const body = JSON.stringify({ ...managementError(known, 'en'), ...exploreError(known, 'en') })
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/json; charset=utf-8',
      'X-Content-Type-Options: nosniff',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  )
}

function errorOf(code: string | undefined): AppError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new AppError('http.header_too_large', {})
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new AppError('http.request_timed_out', {})
    default:
      return new AppError('http.bad_request', { reason: 'it is not HTTP' })
  }
}
