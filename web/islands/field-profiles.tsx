import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { formatNumber } from '../components/cell.tsx'
import { Histogram, TopValues } from '../components/histogram.tsx'
import { ScrollRegion } from '../components/scroll-region.tsx'
import { useEnv } from '../kit/env.ts'
import type { Field } from '../portal/dataset.ts'
import { isDate, isNumber } from '../portal/dataset.ts'
import type { ApiFilters } from '../portal/filters.ts'
import { type FieldProfile, loadProfile } from '../portal/profile.ts'

export interface FieldProfilesProps {
  readonly datasetId: string
  readonly fields: readonly Field[]
  readonly query: ApiFilters
  /** When the server has made them already. */
  readonly profiles: readonly FieldProfile[] | null
  /** Where they are made by the server. */
  readonly href: string
}

/** The schema with quality figures, which are asked for when they come into sight. */
export default function FieldProfiles({
  datasetId,
  fields,
  query,
  profiles,
  href,
}: FieldProfilesProps): VNode {
  const { t, api } = useEnv()
  const place = useRef<HTMLDivElement>(null)
  const [found, setFound] = useState<readonly FieldProfile[] | null>(profiles)
  const [state, setState] = useState<'idle' | 'loading' | 'failed'>('idle')
  useEffect(() => {
    if (found !== null || fields.length === 0) return
    const observer = new IntersectionObserver(async (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return
      observer.disconnect()
      setState('loading')
      try {
        setFound(await loadProfile(api, datasetId, fields, query))
      } catch {
        setState('failed')
      }
    })
    observer.observe(place.current!)
    return () => observer.disconnect()
  }, [])
  return (
    <div ref={place}>
      <ScrollRegion label={t('schema.title')}>
        <table class="list schema">
          <thead>
            <tr>
              <th scope="col">{t('schema.field')}</th>
              <th scope="col">{t('schema.type')}</th>
              <th scope="col">{t('schema.filled')}</th>
              <th scope="col">{t('schema.distinct')}</th>
              <th scope="col">{t('schema.range')}</th>
              <th scope="col">{t('schema.values')}</th>
            </tr>
          </thead>
          <tbody>
            {fields.map((field, index) => (
              <Row
                key={field.name}
                field={field}
                profile={found?.[index] ?? null}
                isLoading={state === 'loading'}
              />
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      {found === null && state !== 'loading' && (
        <p class="small">
          <a href={href} rel="nofollow">
            {t(state === 'failed' ? 'error.retry' : 'schema.show_figures')}
          </a>
        </p>
      )}
    </div>
  )
}

function Row({
  field,
  profile,
  isLoading,
}: {
  readonly field: Field
  readonly profile: FieldProfile | null
  readonly isLoading: boolean
}): VNode {
  const { t, format } = useEnv()
  const wait = isLoading ? <span class="ghost" /> : null
  const edge = (value: string | number) =>
    typeof value === 'number' ? formatNumber(field, value, format.number) : format.date(value)
  const total = profile === null ? 0 : profile.filled + profile.missing
  return (
    <tr>
      <th scope="row">
        <span class="schema-label">{field.label}</span>
        <code class="muted">{field.name}</code>
        {field.description && <p class="small muted">{field.description}</p>}
      </th>
      <td>
        <span class="tag">{t(`type.${typeKey(field.type)}`)}</span>
        {field.annotations.unit && <span class="small muted"> {field.annotations.unit.join(' ')}</span>}
      </td>
      <td class="number">
        {profile ? (
          <>
            {format.percent(total === 0 ? 0 : profile.filled / total)}
            {profile.missing > 0 && (
              <span class="small muted block">{t('schema.missing', { count: profile.missing })}</span>
            )}
          </>
        ) : (
          wait
        )}
      </td>
      <td class="number">{profile ? profile.distinct !== null && format.number(profile.distinct) : wait}</td>
      <td class="small">
        {profile
          ? profile.min !== null &&
            profile.max !== null && (
              <>
                {edge(profile.min)} – {edge(profile.max)}
                {profile.mean !== null && (
                  <span class="muted block">
                    {t('schema.mean', { value: edge(Number(profile.mean.toPrecision(4))) })}
                  </span>
                )}
              </>
            )
          : wait}
      </td>
      <td>
        {profile ? (
          isNumber(field) || isDate(field) ? (
            <Histogram bars={profile.bars} label={t('schema.histogram', { field: field.label })} />
          ) : (
            <TopValues bars={profile.bars} total={total} />
          )
        ) : (
          wait
        )}
      </td>
    </tr>
  )
}

const types = [
  'text',
  'int',
  'double',
  'boolean',
  'date',
  'datetime',
  'geo_point_2d',
  'geo_shape',
  'file',
] as const
type TypeKey = (typeof types)[number]
const typeKey = (type: string): TypeKey => (types.includes(type as TypeKey) ? (type as TypeKey) : 'text')
