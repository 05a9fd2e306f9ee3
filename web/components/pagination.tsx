import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'

/** Links to the neighbours of a page. `hrefOf`: of a page, from 1. */
export function Pagination({
  page,
  pages,
  hrefOf,
}: {
  readonly page: number
  readonly pages: number
  readonly hrefOf: (page: number) => string
}): VNode | null {
  const { t } = useEnv()
  if (pages <= 1) return null
  return (
    <nav class="pagination" aria-label={t('pagination.label')}>
      {page > 1 && (
        <a class="button secondary" rel="prev" href={hrefOf(page - 1)}>
          {t('pagination.previous')}
        </a>
      )}
      <span class="muted number">{t('pagination.page', { page, pages })}</span>
      {page < pages && (
        <a class="button secondary" rel="next" href={hrefOf(page + 1)}>
          {t('pagination.next')}
        </a>
      )}
    </nav>
  )
}

/** The same where nobody knows how many pages there are: whether there is a next one is all that is told. */
export function Neighbours({
  page,
  hasNext,
  hrefOf,
}: {
  readonly page: number
  readonly hasNext: boolean
  readonly hrefOf: (page: number) => string
}): VNode | null {
  const { t } = useEnv()
  if (page <= 1 && !hasNext) return null
  return (
    <nav class="pagination" aria-label={t('pagination.label')}>
      {page > 1 && (
        <a class="button secondary" rel="prev" href={hrefOf(page - 1)}>
          {t('pagination.previous')}
        </a>
      )}
      {hasNext && (
        <a class="button secondary" rel="next" href={hrefOf(page + 1)}>
          {t('pagination.next')}
        </a>
      )}
    </nav>
  )
}
