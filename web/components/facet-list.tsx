import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import type { Facet, FacetValue } from '../portal/dataset.ts'

/** Values of a facet as links that add and take away a refinement. `hrefOf`: of the page with it toggled. */
export function FacetList({
  facet,
  label,
  isOpen,
  hrefOf,
  nameOf = ({ name }) => name,
}: {
  readonly facet: Facet
  readonly label: string
  readonly isOpen: boolean
  readonly hrefOf: (value: FacetValue) => string
  /** Default: the value's own name. */
  readonly nameOf?: (value: FacetValue) => string
}): VNode {
  const { t } = useEnv()
  const shown = facet.facets.slice(0, shownValues)
  const rest = facet.facets.slice(shownValues)
  return (
    <details class="facet" open={isOpen}>
      <summary>{label}</summary>
      <Values values={shown} hrefOf={hrefOf} nameOf={nameOf} />
      {rest.length > 0 && (
        <details class="facet-more">
          <summary>{t('facet.more', { count: rest.length })}</summary>
          <Values values={rest} hrefOf={hrefOf} nameOf={nameOf} />
        </details>
      )}
    </details>
  )
}

const shownValues = 6

function Values({
  values,
  hrefOf,
  nameOf,
}: {
  readonly values: readonly FacetValue[]
  readonly hrefOf: (value: FacetValue) => string
  readonly nameOf: (value: FacetValue) => string
}): VNode {
  const { format, t } = useEnv()
  return (
    <ul class="plain facet-values">
      {values.map((value) => (
        <li key={value.value}>
          <a
            href={hrefOf(value)}
            rel="nofollow"
            class={value.state === 'displayed' ? undefined : value.state}
            aria-current={value.state === 'refined' ? 'true' : undefined}
          >
            <span class="facet-box" aria-hidden="true" />
            <span class="facet-name">
              {nameOf(value)}
              {value.state === 'refined' && <span class="visually-hidden"> ({t('facet.refined')})</span>}
            </span>
            {value.count !== undefined && (
              <span class="facet-count number">{format.number(value.count)}</span>
            )}
          </a>
          {value.facets && value.facets.length > 0 && (
            <Values values={value.facets} hrefOf={hrefOf} nameOf={nameOf} />
          )}
        </li>
      ))}
    </ul>
  )
}
