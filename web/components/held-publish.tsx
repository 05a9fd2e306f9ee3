import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'
import { type Dataset, officePath } from '../office/types.ts'
import { Act, type Run } from './act.tsx'
import { Icon } from './icon.tsx'

/** A publish that a check holds: why, and what can be done with it. */
export function HeldPublish({
  dataset,
  isBusy,
  run,
}: {
  readonly dataset: Dataset
  readonly isBusy: boolean
  readonly run: Run
}): VNode {
  const { t, format } = useEnv()
  const held = dataset.status.held!
  const fields = { generation: held.generation_uid }
  return (
    <section class="card stack held" aria-labelledby="held">
      <h2 id="held">
        <Icon name="warning" /> {t('held.title')}
      </h2>
      <p>
        {t(dataset.publication ? 'held.text' : 'held.text_unpublished', {
          date: format.dateTime(held.kept_until),
        })}
      </p>
      <ul>
        {held.gates.map((gate) => (
          <li key={`${gate.gate}-${gate.field ?? ''}`}>{gate.message}</li>
        ))}
      </ul>
      <p>
        <a
          href={`${officePath(dataset.dataset_uid, 'versions')}?from=current&to=${held.generation_uid}#compare`}
        >
          {t('held.compare')}
        </a>
      </p>
      <div class="row">
        <details class="confirm">
          <summary class="button">{t('held.override')}</summary>
          <div class="card stack">
            <p>{t('held.override_text')}</p>
            <Act action="override" run={run} isBusy={isBusy} kind="danger" fields={fields}>
              {t('held.override')}
            </Act>
          </div>
        </details>
        <Act action="dismiss" run={run} isBusy={isBusy}>
          {t('held.dismiss')}
        </Act>
      </div>
    </section>
  )
}
