/** Addresses below a saved connection. The server and the web read them alike. */

/**
 * `files/a.csv` -> the address of it on the connection's server, below its path; `bucket/key` of s3. What is an address
 * already stays; nothing is the connection's own address.
 */
export function addressWithin(
  connection: { readonly kind: string; readonly url: string },
  text: string,
): string {
  const trimmed = text.trim()
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) return trimmed
  if (connection.kind === 's3') return `s3://${trimmed.replace(/^\/+/, '')}`
  if (trimmed === '') return connection.url
  return `${connection.url.replace(/\/+$/, '')}/${trimmed.replace(/^\/+/, '')}`
}
