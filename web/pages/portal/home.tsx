import type { VNode } from 'preact'
import SearchBox from '../../islands/search-box.tsx'
import { useEnv } from '../../kit/env.ts'
import { Island } from '../../kit/island.tsx'
import { definePage } from '../../kit/page.ts'

export const home = definePage({
  path: '/',
  area: 'portal',
  layout: 'portal',
  islands: ['search-box'],
  load: async ({ api }) =>
    api.get<{ total_count: number }>('/api/explore/v2.1/catalog/datasets', { limit: 0 }),
  head: (_data, { t, title }) => ({ title, description: t('home.lead') }),
  View: ({ data }): VNode => {
    const { t } = useEnv()
    return (
      <div class="page">
        <h1>{t('home.title')}</h1>
        <p>{t('home.lead')}</p>
        <p>{data.total_count}</p>
        <Island name="search-box" of={SearchBox} props={{ value: '' }} />
      </div>
    )
  },
})
