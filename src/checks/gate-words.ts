/** What a gate that was not passed says in French: from its numbers, which are kept with the English words. */
import { setFrench } from '../kernel/index.ts'
import type { GateFailure } from './judge.ts'

/** `failure` as kept, also by an earlier release; a gate that is not known here keeps its words. */
export function gateFailureInFrench(failure: GateFailure): GateFailure {
  const words = french[failure.gate]?.(failure)
  return words === undefined ? failure : { ...failure, message: setFrench(words) }
}

const number = new Intl.NumberFormat('fr', { maximumFractionDigits: 2 })
const written = (value: unknown) => (typeof value === 'number' ? number.format(value) : String(value ?? '…'))
/** French counts by what it counts: one has the singular, and so has none. */
const several = (count: unknown, one: string, other: string) =>
  `${written(count)} ${Number(count) < 2 ? one : other}`

const isGone = ({ field }: GateFailure) => `Le champ ${field} est absent`

const french: Readonly<Record<string, (failure: GateFailure) => string>> = {
  record_loss_percent: ({ limit, was, is }) => {
    const lost = Number(was) - Number(is)
    const percent = written((lost * 100) / Number(was))
    return `${several(lost, 'enregistrement a disparu', 'enregistrements ont disparu')} sur ${written(was)} (${percent} %) ; ${written(limit)} % au plus le peuvent`
  },
  min_records: ({ limit, is }) =>
    `Il y a ${several(is, 'enregistrement', 'enregistrements')} ; il en faut au moins ${written(limit)}`,
  field_lost: ({ field }) => `Le champ ${field} a disparu`,
  type_changed: ({ field, was, is }) => `Le champ ${field} était de type ${was} et est de type ${is}`,
  null_share_points: ({ field, limit, was, is }) =>
    `Le champ ${field} était vide dans ${written(was)} % des enregistrements et l’est dans ${written(is)} % ; la part peut augmenter de ${several(limit, 'point', 'points')}`,
  required_fields: (failure) =>
    failure.is === null
      ? isGone(failure)
      : `Le champ ${failure.field} est vide dans ${several(failure.is, 'enregistrement', 'enregistrements')}`,
  unique_keys: ({ field, is }) =>
    is === null
      ? `La clé ${field} nomme un champ absent`
      : `${several(is, 'enregistrement partage', 'enregistrements partagent')} leur valeur de ${field} avec un autre`,
  ranges: (failure) => {
    const { field, limit, is, message } = failure
    const { min, max } = limit as { readonly min?: unknown; readonly max?: unknown }
    // A field that is gone and one that cannot be compared have the same numbers: none.
    if (is === null)
      return message.includes('cannot be compared')
        ? `Les valeurs de ${field} ne peuvent être comparées à l’intervalle`
        : isGone(failure)
    const found = is as { readonly outside?: unknown; readonly min?: unknown; readonly max?: unknown }
    return `${several(found.outside, 'valeur', 'valeurs')} de ${field} hors de ${written(min)} à ${written(max)} ; elles vont de ${written(found.min)} à ${written(found.max)}`
  },
  patterns: (failure) =>
    failure.is === null
      ? isGone(failure)
      : `${several(failure.is, 'enregistrement a', 'enregistrements ont')} une valeur de ${failure.field} qui ne correspond pas au motif`,
}
