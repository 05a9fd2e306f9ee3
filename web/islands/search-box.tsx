import type { VNode } from 'preact'
import { Icon } from '../components/icon.tsx'
import { useEnv } from '../kit/env.ts'

/** The catalog's search: a form that works by itself. */
export default function SearchBox({ value }: { readonly value: string }): VNode {
  const { t } = useEnv()
  return (
    <search>
      <form class="search-box" action="/explore">
        <label class="visually-hidden" for="q">
          {t('action.search')}
        </label>
        <input id="q" name="q" type="search" defaultValue={value} autoComplete="off" />
        <button type="submit">
          <Icon name="search" />
          {t('action.search')}
        </button>
      </form>
    </search>
  )
}
