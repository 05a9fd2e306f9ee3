import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { withQuery } from '../kit/api.ts'
import { useEnv } from '../kit/env.ts'
import { datasetPath, type Field } from '../portal/dataset.ts'
import type { ApiFilters } from '../portal/filters.ts'

export interface DataMapProps {
  readonly datasetId: string
  readonly title: string
  readonly geoField: string
  /** Shown of a record that is chosen. */
  readonly fields: readonly Field[]
  readonly query: ApiFilters
  /** Address of the page without `geo` and `loc`. */
  readonly address: string
  /** `zoom,latitude,longitude`; null: everything. */
  readonly location: string | null
  /** The map alone: without what changes the address. */
  readonly isEmbedded: boolean
}

/** Records on a map, as tiles of the server's own; the library for it is loaded here and nowhere else. */
export default function DataMap(props: DataMapProps): VNode {
  const env = useEnv()
  const { t } = env
  const place = useRef<HTMLDivElement>(null)
  const [state, setState] = useState<'waiting' | 'shown' | 'failed'>('waiting')
  const [areaHref, setAreaHref] = useState<string | null>(null)
  useEffect(() => {
    let stop = () => {}
    let isGone = false
    import('../portal/draw-map.ts')
      .then(({ drawMap }) =>
        drawMap(place.current!, {
          env,
          source: withQuery(`${env.origin}${datasetPath(props.datasetId)}/tiles.json`, {
            ...props.query,
            field: props.geoField,
          }),
          recordHref: (id) => `${datasetPath(props.datasetId)}/records/${id}`,
          fields: props.fields,
          location: props.location,
          onReady: () => setState('shown'),
          onMoved(location, box) {
            if (props.isEmbedded) return
            const at = (name: string, value: string) =>
              `${props.address}${props.address.includes('?') ? '&' : '?'}${name}=${value}`
            setAreaHref(at('geo', box.join(',')))
            const address = new URL(window.location.href)
            address.searchParams.set('loc', location)
            history.replaceState(null, '', address)
          },
        }),
      )
      .then((end) => {
        if (isGone) end()
        else stop = end
      })
      .catch(() => setState('failed'))
    return () => {
      isGone = true
      stop()
    }
  }, [])
  return (
    <div class="map-frame">
      <div
        class="map"
        ref={place}
        data-state={state}
        role="application"
        aria-label={t('map.of', { title: props.title })}
      />
      {state === 'waiting' && <p class="map-message">{t('loading')}</p>}
      {state === 'failed' && (
        <p class="map-message" role="alert">
          {t('map.failed')}
        </p>
      )}
      {areaHref !== null && (
        <a class="button secondary small map-area" href={areaHref} rel="nofollow">
          {t('map.filter_area')}
        </a>
      )}
    </div>
  )
}
