import { beginsAsSvg } from './svg.ts'

/** From the start of a file: enough to tell its kind. */
export const mediaTypeBytes = 2000

const ascii = (head: Buffer, from: number, to: number) => head.toString('latin1', from, to)
const startsWith = (head: Buffer, hex: string) => head.subarray(0, hex.length / 2).toString('hex') === hex

const kinds: readonly (readonly [mimetype: string, fits: (head: Buffer) => boolean])[] = [
  ['image/png', (head) => startsWith(head, '89504e470d0a1a0a')],
  ['image/jpeg', (head) => startsWith(head, 'ffd8ff')],
  ['image/gif', (head) => /^GIF8[79]a/.test(ascii(head, 0, 6))],
  ['image/webp', (head) => ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'WEBP'],
  ['image/bmp', (head) => ascii(head, 0, 2) === 'BM'],
  ['image/avif', (head) => /^ftypavi[fs]/.test(ascii(head, 4, 12))],
  ['image/tiff', (head) => startsWith(head, '49492a00') || startsWith(head, '4d4d002a')],
  ['image/x-icon', (head) => startsWith(head, '00000100')],
  ['application/pdf', (head) => ascii(head, 0, 5) === '%PDF-'],
  ['application/zip', (head) => startsWith(head, '504b0304')],
  ['audio/mpeg', (head) => ascii(head, 0, 3) === 'ID3'],
  ['audio/ogg', (head) => ascii(head, 0, 4) === 'OggS'],
  ['audio/wav', (head) => ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'WAVE'],
  ['video/mp4', (head) => ascii(head, 4, 8) === 'ftyp'],
  ['video/webm', (head) => startsWith(head, '1a45dfa3')],
  ['image/svg+xml', (head) => beginsAsSvg(head.toString('utf8', 0, mediaTypeBytes))],
]

/** What a file is by its first bytes, whatever it is called; null: they do not tell. */
export function mediaTypeOf(head: Buffer): string | null {
  return kinds.find(([, fits]) => fits(head))?.[0] ?? null
}
