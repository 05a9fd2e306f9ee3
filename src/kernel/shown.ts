/** An address as it may be shown: without what may be a secret in it. */
export function shown(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/i, '$1...@')
    .replace(
      /([?&](?:[^=&#]*(?:key|token|secret|passw|pwd|sig|signature|auth|credential)[^=&#]*)=)[^&#]*/gi,
      '$1...',
    )
    .slice(0, 500)
}
