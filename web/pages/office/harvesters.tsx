import type { VNode } from 'preact'
import { AddOneOf } from '../../components/add-one-of.tsx'
import { Csrf } from '../../components/csrf.tsx'
import { HarvesterFields, HarvesterStatus } from '../../components/harvester-fields.tsx'
import { useEnv } from '../../kit/env.ts'
import { definePage, NotFound } from '../../kit/page.ts'
import { doneAt } from '../../office/done.ts'
import { draftOf } from '../../office/draft.ts'
import {
  type Harvester,
  type HarvesterType,
  harvesterIn,
  harvesterPath,
  harvestersApi,
  harvestersPath,
  withConnections,
} from '../../office/harvester.ts'
import { management } from '../../office/types.ts'

const typesApi = `${management}/harvester_types`

/** Catalogs of other portals that are fetched from here. */
export const harvesters = definePage({
  path: harvestersPath,
  area: 'office',
  layout: 'office',
  load: async ({ api, url, sent }) => {
    const [found, types] = await Promise.all([
      api.get<readonly Harvester[]>(harvestersApi),
      api.get<readonly HarvesterType[]>(typesApi),
    ])
    const asked = sent?.form.get('type') ?? url.searchParams.get('add')
    const chosen = types.find(({ type }) => type === asked)
    const [adding = null] = chosen ? await withConnections(api, [chosen]) : []
    return { found, types, adding }
  },
  act: async ({ api }, form) => {
    const types = await api.get<readonly HarvesterType[]>(typesApi)
    const type = types.find((one) => one.type === form.get('type'))
    if (!type) throw new NotFound()
    const made = await api.send<Harvester>('POST', harvestersApi, harvesterIn(form, type))
    return doneAt(harvesterPath(made.harvester_id), 'created')
  },
  head: (_data, { t }) => ({ title: t('office.harvesters'), robots: 'noindex' as const }),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { found, types, adding } = data
    const form = context.sent?.form
    return (
      <>
        <h1>{t('office.harvesters')}</h1>
        <p class="lead">{t('harvesters.lead')}</p>
        {found.length > 0 ? (
          <HarvestersTable found={found} />
        ) : (
          !adding && <p class="card empty">{t('harvesters.none')}</p>
        )}
        {adding ? (
          <section class="card stack" id="new" aria-labelledby="new-title">
            <h2 id="new-title">{t('harvesters.new_of', { type: adding.label })}</h2>
            <p class="muted">{adding.description}</p>
            <form
              method="post"
              class="stack"
              action={`${harvestersPath}#new`}
              {...draftOf(t, `harvester-${adding.type}`)}
            >
              <Csrf action="create" />
              <input type="hidden" name="type" value={adding.type} />
              <HarvesterFields type={adding} values={form ? harvesterIn(form, adding) : {}} />
              <div class="row">
                <button class="button" type="submit">
                  {t('office.add')}
                </button>
                <a class="button quiet" href={harvestersPath}>
                  {t('office.cancel')}
                </a>
              </div>
            </form>
          </section>
        ) : (
          <AddOneOf
            page={harvestersPath}
            label={t('harvesters.new')}
            among={types.map(({ type }) => type)}
            textOf={(type) => types.find((one) => one.type === type)?.label ?? type}
          />
        )}
      </>
    )
  },
})

function HarvestersTable({ found }: { readonly found: readonly Harvester[] }): VNode {
  const { t, format } = useEnv()
  return (
    <div class="card flush">
      <table class="list cards-on-phone">
        <thead>
          <tr>
            <th scope="col">{t('harvesters.name')}</th>
            <th scope="col">{t('datasets.status')}</th>
            <th scope="col" class="number">
              {t('office.datasets')}
            </th>
            <th scope="col" class="number">
              {t('harvesters.published')}
            </th>
            <th scope="col">{t('harvesters.last_run')}</th>
          </tr>
        </thead>
        <tbody>
          {found.map((harvester) => (
            <tr key={harvester.harvester_id}>
              <td>
                <a class="strong" href={harvesterPath(harvester.harvester_id)}>
                  {harvester.name}
                </a>
                <div class="muted small">{harvester.fetcher.label}</div>
              </td>
              <td>
                <HarvesterStatus status={harvester.status} />
                {harvester.errors.harvester && <span class="tag bad">{t('job_state.error')}</span>}
              </td>
              <td class="number" data-label={t('office.datasets')}>
                {format.number(harvester.counters.attached)}
              </td>
              <td class="number" data-label={t('harvesters.published')}>
                {format.number(harvester.counters.published)}
              </td>
              <td data-label={t('harvesters.last_run')}>
                {harvester.last_started_at ? format.dateTime(harvester.last_started_at) : '–'}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
