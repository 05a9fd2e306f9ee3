import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { multipartOf } from './forms.ts'

const file = (text: string) => ({
  filename: 'a"b.csv',
  mimetype: 'text/csv',
  stream: Readable.from([Buffer.from(text)]),
})

test('a file is passed on whole, whatever boundaries are in it', async () => {
  const [, known] = /boundary=(.+)/.exec(multipartOf(file('x')).contentType)!
  const text = `a\r\n--${known}--\r\nb`
  const { contentType, payload } = multipartOf(file(text))
  const body = Buffer.concat(await payload.toArray()).toString()
  const form = await new Response(body, { headers: { 'content-type': contentType } }).formData()
  const passed = form.get('file') as File
  assert.equal(await passed.text(), text)
  assert.equal(passed.name, 'a_b.csv')
})
