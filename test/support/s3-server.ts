/**
 * A bucket over HTTP that lets in what is signed as the documentation of Signature Version 4 says, checked with nothing
 * of the product's code.
 */
import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { TestContext } from 'node:test'
import { serve } from './fetching.ts'

export const s3Keys = {
  id: 'AKIDTEST',
  secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'eu-west-3',
}

export type S3Objects = Readonly<Record<string, Buffer>>

export async function startS3Server(t: TestContext, objects: S3Objects) {
  return serve(t, (request, response) => {
    if (!isSigned(request))
      return void response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>')
    const asked = new URL(request.url!, 'http://here')
    if (asked.searchParams.get('list-type') === '2') {
      const prefix = `${asked.pathname}/${asked.searchParams.get('prefix') ?? ''}`
      const found = Object.entries(objects).filter(([path]) => path.startsWith(prefix))
      const listed = found.map(
        ([path, { length }]) =>
          `<Contents><Key>${path.slice(asked.pathname.length + 1)}</Key><Size>${length}</Size></Contents>`,
      )
      return void response.end(`<ListBucketResult>${listed.join('')}</ListBucketResult>`)
    }
    if (asked.pathname === '/')
      return void response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>')
    const content = objects[decodeURIComponent(request.url!)]
    if (!content) return void response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>')
    const etag = `"${createHash('md5').update(content).digest('hex')}"`
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end()
    response.writeHead(200, { etag, 'content-length': content.length }).end(content)
  })
}

function isSigned({ method, url, headers }: IncomingMessage): boolean {
  const authorization =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    )
  if (!authorization) return false
  const [, id, day, region, names = '', signature] = authorization
  if (id !== s3Keys.id || region !== s3Keys.region) return false
  const [path, query = ''] = url!.split('?')
  const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const request = [method, path, query, signed.join(''), names, headers['x-amz-content-sha256']].join('\n')
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const scope = `${day}/${region}/s3/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(request)].join('\n')
  const key = [region!, 's3', 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${s3Keys.secret}`, day!))
  return hmac(key, toSign).toString('hex') === signature
}
