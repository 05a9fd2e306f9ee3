import type { VNode } from 'preact'
import { viewHref } from '../../../components/filter-panel.tsx'
import { Pagination } from '../../../components/pagination.tsx'
import { useEnv } from '../../../kit/env.ts'
import { imageFieldOf, titleFieldOf } from '../../../portal/dataset.ts'
import { describeValue } from '../../../portal/describe-value.ts'
import type { ViewProps } from '../../../portal/load-dataset.ts'

/** The pictures of the records, from where their publishers keep them. */
export function ImagesView({ data, shown, isEmbedded }: ViewProps<'images'>): VNode {
  const env = useEnv()
  const { dataset, filters } = data
  const image = imageFieldOf(dataset.fields)!
  const title = titleFieldOf(dataset.fields.filter((field) => field !== image))
  const hrefOf = (page: number) => {
    const address = viewHref(dataset.dataset_id, 'images', filters)
    const full = `${address}${address.includes('?') ? '&' : '?'}page=${page}`
    return isEmbedded ? full.replace('/explore/', '/explore/embed/') : full
  }
  return (
    <>
      <ul class="plain gallery">
        {shown.records.map((record, index) => {
          const address = addressOf(record[image.name])
          const name = title ? describeValue(title, record[title.name], env) : ''
          return (
            address && (
              <li key={index} class="card">
                <a href={address} target="_blank" rel="noopener">
                  <img src={address} alt={name} loading="lazy" />
                </a>
                <span>{name}</span>
              </li>
            )
          )
        })}
      </ul>
      <Pagination page={shown.page} pages={shown.pages} hrefOf={hrefOf} />
    </>
  )
}

function addressOf(value: unknown): string | null {
  const text = typeof value === 'string' ? value : String((value as { url?: unknown } | null)?.url ?? '')
  return /^(https?:\/\/|\/)/.test(text) ? text : null
}
