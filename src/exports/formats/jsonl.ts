import type { TextFormat } from '../format.ts'
import { json } from './json.ts'

/** One record a line: https://jsonlines.org */
export const jsonl: TextFormat = {
  ...json,
  mediaType: 'application/x-ndjson; charset=utf-8',
  extension: 'jsonl',
  copy: () => 'format json, array false',
  trimStart: 0,
  trimEnd: 0,
  before: () => '',
  between: '',
  after: '',
}
