/** More is no body of ours: what is stored is written again by functions that call themselves for each level. */
const maxDepth = 500

/**
 * The value of a body. In a walk of its own rather than as it is parsed: a function that is called for every number of eight
 * megabytes takes ten seconds. Throws SyntaxError for what is no JSON, and for what no database and no object could hold.
 */
export function readJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  let level: object[] = []
  const look = (inner: unknown, into: object[]) => {
    if (typeof inner === 'string') refuseText(inner)
    else if (typeof inner === 'object' && inner !== null) into.push(inner)
  }
  look(value, level)
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) throw new SyntaxError(`it is nested deeper than ${maxDepth} levels`)
    const next: object[] = []
    for (const one of level) {
      if (Array.isArray(one)) for (const inner of one) look(inner, next)
      else {
        for (const [name, inner] of Object.entries(one)) {
          if (name === '__proto__') throw new SyntaxError('the key __proto__ is refused')
          look(inner, next)
        }
      }
    }
    level = next
  }
  return value
}

function refuseText(text: string): void {
  if (text.includes('\0')) throw new SyntaxError('the character U+0000 is refused')
  // Half of a character: no file and no database could hold the text.
  if (!text.isWellFormed()) throw new SyntaxError('a text with half a surrogate pair is refused')
}
