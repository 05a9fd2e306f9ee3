import type { VNode } from 'preact'
import { withQuery } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import { definePage } from '../../kit/page.ts'
import { DomainTop } from '../../office/domain-tabs.tsx'
import { management } from '../../office/types.ts'

interface Entry {
  readonly seq: number
  readonly at: string
  readonly username: string | null
  readonly via: string | null
  readonly address: string | null
  readonly action: string
  readonly target: string | null
  readonly outcome: 'done' | 'refused' | 'failed'
}

const outcomes = ['', 'done', 'refused', 'failed'] as const
const tones = { done: 'ok', refused: 'warn', failed: 'bad' } as const
const filters = ['username', 'action', 'target'] as const

/** What was done by whom. */
export const audit = definePage({
  path: '/backoffice/audit',
  area: 'office',
  layout: 'office',
  load: async ({ api, url }) => {
    const asked = Object.fromEntries(
      [...filters, 'outcome', 'cursor'].map((name) => [name, url.searchParams.get(name) || null]),
    )
    const page = await api.get<{ results: readonly Entry[]; next_cursor: string | null }>(
      `${management}/audit`,
      {
        ...asked,
        limit: 50,
      },
    )
    return { ...page, asked }
  },
  head: (_data, { t }) => ({ title: t('office.audit'), robots: 'noindex' as const }),
  View: ({ data }): VNode => {
    const { t, format } = useEnv()
    const { results, next_cursor: next, asked } = data
    const { cursor: _cursor, ...filter } = asked
    return (
      <>
        <DomainTop place="/backoffice/audit" />
        <div class="row end">
          <a class="button secondary" href={withQuery(`${management}/audit/export`, filter)}>
            {t('audit.export')}
          </a>
        </div>
        <form class="row filter-row card" action="/backoffice/audit">
          {filters.map((name) => (
            <div key={name} class="field">
              <label for={name}>{t(`audit.${name}`)}</label>
              <input id={name} name={name} defaultValue={asked[name] ?? ''} />
            </div>
          ))}
          <div class="field">
            <label for="outcome">{t('audit.outcome')}</label>
            <select id="outcome" name="outcome">
              {outcomes.map((name) => (
                <option key={name} value={name} selected={name === (asked.outcome ?? '')}>
                  {t(name === '' ? 'datasets.filter.all' : `audit.${name}`)}
                </option>
              ))}
            </select>
          </div>
          <button class="button secondary" type="submit">
            {t('action.apply')}
          </button>
        </form>
        {results.length === 0 ? (
          <p class="card empty">{t('datasets.none_found')}</p>
        ) : (
          <div class="card flush">
            <table class="list cards-on-phone small">
              <thead>
                <tr>
                  <th scope="col">{t('audit.at')}</th>
                  <th scope="col">{t('audit.username')}</th>
                  <th scope="col">{t('audit.action')}</th>
                  <th scope="col">{t('audit.target')}</th>
                  <th scope="col">{t('audit.outcome')}</th>
                </tr>
              </thead>
              <tbody>
                {results.map((entry) => (
                  <tr key={entry.seq}>
                    <td data-label={t('audit.at')}>
                      <time dateTime={entry.at}>{format.dateTime(entry.at)}</time>
                    </td>
                    <td data-label={t('audit.username')}>
                      {entry.username ?? '–'}
                      <div class="muted">{[entry.via, entry.address].filter(Boolean).join(' · ')}</div>
                    </td>
                    <td data-label={t('audit.action')}>{entry.action}</td>
                    <td data-label={t('audit.target')}>{entry.target ?? ''}</td>
                    <td data-label={t('audit.outcome')}>
                      <span class={`tag ${tones[entry.outcome]}`}>{t(`audit.${entry.outcome}`)}</span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        {next && (
          <nav class="pagination" aria-label={t('pagination.label')}>
            <a
              class="button secondary"
              rel="next"
              href={withQuery('/backoffice/audit', { ...filter, cursor: next })}
            >
              {t('pagination.next')}
            </a>
          </nav>
        )}
      </>
    )
  },
})
