/** Subscriptions to datasets by mail, and the feed of their publications. docs/notifications.md. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { atomFeed, type FeedItem, rssFeed } from '../../exports/index.ts'
import { AppError, formatInstant, type Language, setFrench } from '../../kernel/index.ts'
import type { LinkPurpose } from '../../subscriptions/index.ts'
import { auditing } from '../audit-requests.ts'
import { networkOf } from '../client-of.ts'
import { setCacheHeaders } from '../explore/answers.ts'
import { titleOf } from '../explore/export-options.ts'
import { addressOf, datasetPageHref } from '../explore/links.ts'
import { findVisible } from '../explore/visible.ts'
import { spokenLanguage } from '../language.ts'
import { answerBytes, answerList, noContent, operation } from '../openapi/index.ts'
import { comesWithKey, refuseKey } from '../refuse-key.ts'
import type { HttpServices } from '../services.ts'
import { usernameOf } from '../username-of.ts'
import { sendPage } from './page.ts'

const tags = ['notifications']
const datasetParams = Type.Object({
  dataset_id: Type.String({ description: 'Id of the dataset; its uid is understood too' }),
})
const linkQuery = Type.Object({ id: Type.String({ maxLength: 60 }), key: Type.String({ maxLength: 100 }) })
const feeds = { rss: rssFeed, atom: atomFeed }
const feedItems = 50

type Words = Readonly<Record<'title' | 'text' | 'button' | 'done', string>>

const words: Readonly<Record<LinkPurpose, Readonly<Record<Language, Words>>>> = {
  confirm: {
    en: {
      title: 'News of a dataset',
      text: 'You will get a mail when there is new data.',
      button: 'Confirm',
      done: 'Confirmed: you will get a mail when there is new data.',
    },
    fr: {
      title: 'Nouvelles d’un jeu de données',
      text: 'Vous recevrez un courriel quand il y aura de nouvelles données.',
      button: 'Confirmer',
      done: setFrench('C’est confirmé : vous recevrez un courriel quand il y aura de nouvelles données.'),
    },
  },
  unsubscribe: {
    en: {
      title: 'No more news',
      text: 'You will get no more mails about this dataset.',
      button: 'Unsubscribe',
      done: 'Done: you get no more mails about this dataset.',
    },
    fr: {
      title: 'Plus de nouvelles',
      text: 'Vous ne recevrez plus de courriels sur ce jeu de données.',
      button: 'Se désabonner',
      done: setFrench('C’est fait : vous ne recevez plus de courriels sur ce jeu de données.'),
    },
  },
}

export function registerNotifications(app: FastifyInstance, services: HttpServices): void {
  const scope = app.withTypeProvider<TypeBoxTypeProvider>()
  const { subscriptions } = services
  // A button in a mail program posts a form (RFC 8058 section 3.2); what it says is known.
  scope.removeContentTypeParser('multipart/form-data')
  scope.addContentTypeParser(
    ['application/x-www-form-urlencoded', 'multipart/form-data'],
    { parseAs: 'string', bodyLimit: 4096 },
    (_request, _body, done) => done(null, {}),
  )

  scope.post(
    '/datasets/:dataset_id/subscriptions',
    operation(
      'public',
      'subscribe',
      'Be told by mail of new data; whoever reads what comes to the address must confirm it',
      noContent,
      { tags, params: datasetParams, body: Type.Object({ email: Type.String({ maxLength: 300 }) }) },
    ),
    async (request, reply) => {
      const { row } = await findVisible(services, request)
      const { principal, ip } = request
      await subscriptions.subscribe({
        publication: row,
        email: request.body.email,
        principal,
        network: networkOf(ip),
      })
      return reply.status(204).send()
    },
  )
  for (const purpose of ['confirm', 'unsubscribe'] as const) {
    const html = { ...answerBytes('text/html'), speaks: true }
    scope.get(
      `/${purpose}`,
      operation('public', `${purpose}Page`, `The page of a link to ${purpose}`, html, {
        tags,
        querystring: linkQuery,
      }),
      async (request, reply) => {
        subscriptions.check(purpose, request.query.id, request.query.key)
        const language = spokenLanguage(request)
        const { title, text, button } = words[purpose][language]
        return sendPage(reply, language, { title, text, button })
      },
    )
    const follow = operation('public', purpose, `What a link to ${purpose} is for`, html, {
      tags,
      querystring: linkQuery,
    })
    scope.post(
      `/${purpose}`,
      { ...follow, config: { ...follow.config, ignoresSession: true } },
      async (request, reply) => {
        await subscriptions.follow(purpose, request.query.id, request.query.key)
        const language = spokenLanguage(request)
        const { title, done } = words[purpose][language]
        return sendPage(reply, language, { title, text: done })
      },
    )
  }

  scope.get(
    '/subscriptions',
    operation('SELF', 'listSubscriptions', 'Your subscriptions by mail', answerList('Subscription'), {
      tags,
    }),
    async (request) => {
      if (comesWithKey(request)) return []
      const own = await subscriptions.list(usernameOf(request))
      return own.map((row) => ({
        subscription_uid: row.subscription_uid,
        dataset_uid: row.dataset_uid,
        email: row.email,
        is_confirmed: row.state === 'active',
        created_at: formatInstant(row.created_at),
      }))
    },
  )
  scope.delete(
    '/subscriptions/:subscription_uid',
    auditing(
      false,
      operation('SELF', 'endSubscription', 'End one of your subscriptions', noContent, {
        tags,
        params: Type.Object({ subscription_uid: Type.String() }),
      }),
    ),
    async (request, reply) => {
      refuseKey(request, 'access.account_needs_password')
      await subscriptions.end(usernameOf(request), request.params.subscription_uid)
      return reply.status(204).send()
    },
  )

  scope.get(
    '/datasets/:dataset_id/feed/:format',
    operation(
      'public',
      'readPublicationFeed',
      'Publications of the dataset as a news feed',
      answerBytes('application/rss+xml', 'application/atom+xml'),
      {
        tags,
        params: Type.Object({
          ...datasetParams.properties,
          format: Type.String({ description: 'rss or atom' }),
        }),
      },
    ),
    async (request, reply) => {
      const publication = await findVisible(services, request)
      const { row } = publication
      const format = Object.hasOwn(feeds, request.params.format)
        ? feeds[request.params.format as keyof typeof feeds]
        : null
      if (format === null)
        throw new AppError('http.invalid_parameter', {
          parameter: 'format',
          value: request.params.format.slice(0, 60),
          expected: 'it must be rss or atom',
        })
      const title = titleOf(row.metas_json) ?? row.dataset_id
      const url = datasetPageHref(request, row.dataset_id)
      const logged = await subscriptions.publications(row.dataset_uid, feedItems)
      const items = logged.map(
        ({ seq, change, at }): FeedItem => ({
          id: `urn:broadsheet:${row.dataset_uid}:${seq}`,
          title: change === 'metadata' ? `${title}: its description has changed` : `${title}: new data`,
          url,
          summary: '',
          categories: [],
          updatedAt: new Date(at).toISOString(),
        }),
      )
      const updatedAt = items[0]?.updatedAt ?? new Date(row.published_at).toISOString()
      const feed = { title, url, selfUrl: addressOf(request), updatedAt, author: request.host }
      setCacheHeaders(reply, publication)
      return reply
        .type(format.mediaType)
        .send([format.head(feed), ...items.map((item) => format.item(item, feed)), format.end].join(''))
    },
  )
}
