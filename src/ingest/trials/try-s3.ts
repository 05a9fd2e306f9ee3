import { decodeXML } from 'entities'
import { AppError, shown } from '../../kernel/index.ts'
import { bucketUrl, isBucket, signatureOf } from '../fetch/fetch-s3.ts'
import { guardedAgent } from '../fetch/guarded-agent.ts'
import { createAsker, invalidUrl } from '../fetch/http-asker.ts'
import { denied, notFound } from '../fetch/remote-file.ts'
import { trustedBy } from '../fetch/trusted.ts'
import { type Found, listingOf, mostEntries, type Steps, type TrialOrder, type TryKind } from './trial.ts'
import { firstBytes } from './try-http.ts'

/** A listing of so few names is small. */
const maxAnswerBytes = 256 << 10

/** What the storage says of a key that it does not know, and of one whose secret is another. */
const badKeys = [
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'AuthorizationHeaderMalformed',
  'InvalidToken',
]

/**
 * Lists the first objects of the bucket that the address names, below its path; without a bucket, the buckets. A key
 * often may not list buckets: the answer tells that from a key that is wrong.
 * Errors: ingest.fetch_denied, fetch_not_found, fetch_status, fetch_invalid_url.
 */
export const tryS3: TryKind = async (order, steps, signal) => {
  const { connection } = order
  const url = listingUrl(order)
  const dispatcher = guardedAgent(order.policy, trustedBy(connection))
  try {
    const { answer } = await createAsker(order, dispatcher, signal).ask({
      url,
      headers: async (at) => ({
        accept: '*/*',
        'user-agent': 'Broadsheet',
        ...(at.origin === url.origin ? await signatureOf(connection, at) : {}),
      }),
    })
    steps.isReached = true
    const text = (await firstBytes(answer, maxAnswerBytes)).toString('utf8')
    const isSigned = connection.username !== null && connection.secret !== null
    if (answer.statusCode === 200) {
      steps.signIn = isSigned ? 'accepted' : 'not_asked'
      return listedIn(text)
    }
    throw explainS3(order, steps, answer.statusCode, isSigned, textOf(text, 'Code'))
  } finally {
    await dispatcher.destroy().catch(() => {})
  }
}

function listingUrl(order: TrialOrder): URL {
  const { connection } = order
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]*)\/?(.*)$/i.exec(order.url) ?? []
  if (bucket === '') return new URL(connection.url)
  if (!isBucket(bucket)) throw invalidUrl(order.url, 'it has no name of a bucket')
  const url = bucketUrl(connection, bucket, '')
  url.searchParams.set('delimiter', '/')
  url.searchParams.set('list-type', '2')
  url.searchParams.set('max-keys', String(mostEntries))
  try {
    if (prefix !== '') url.searchParams.set('prefix', decodeURIComponent(prefix))
  } catch {
    throw invalidUrl(order.url, 'its path is not encoded as UTF-8')
  }
  return url
}

function explainS3(
  order: TrialOrder,
  steps: Steps,
  status: number,
  isSigned: boolean,
  code: string | null,
): AppError {
  if (badKeys.includes(code ?? '')) {
    steps.signIn = 'refused'
    return denied(order, 'the access key, its secret or its region is wrong')
  }
  if (code === 'AccessDenied' && isSigned) {
    steps.signIn = 'accepted'
    return denied(order, 'this key may not list here; name a bucket, or an object that it may read')
  }
  if (status === 401 || status === 403) {
    steps.signIn = isSigned ? 'refused' : 'not_asked'
    return denied(order, 'the access key, its secret or its rights do not fit')
  }
  if (status === 404) return notFound(order)
  return new AppError('ingest.fetch_status', { url: shown(order.url), status })
}

/** Of an answer in XML: buckets, or objects and what objects have in common up to the next slash. */
function listedIn(text: string): Found {
  const blocks = (name: string) => text.split(`<${name}>`).slice(1, mostEntries + 2)
  const directories = [
    ...blocks('Bucket').map((block) => textOf(block, 'Name')),
    ...blocks('CommonPrefixes').map((block) => textOf(block, 'Prefix')),
  ].flatMap((name) => (name === null ? [] : [{ name, kind: 'directory' as const, bytes: null }]))
  const files = blocks('Contents').flatMap((block) => {
    const name = textOf(block, 'Key')
    const size = Number(textOf(block, 'Size') ?? Number.NaN)
    return name === null
      ? []
      : [{ name, kind: 'file' as const, bytes: Number.isSafeInteger(size) ? size : null }]
  })
  return listingOf([...directories, ...files], textOf(text, 'IsTruncated') === 'true')
}

function textOf(text: string, name: string): string | null {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1]
  return found === undefined ? null : decodeXML(found)
}
