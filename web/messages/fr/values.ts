import type { values as en } from '../en/values.ts'
import type { Message } from '../message.ts'

export const values: Readonly<Record<keyof typeof en, Message>> = {
  'feature.analyze': 'graphique',
  'feature.timeserie': 'série temporelle',
  'feature.geo': 'carte',
  'timeserie_precision.year': 'année',
  'timeserie_precision.month': 'mois',
  'timeserie_precision.day': 'jour',
  'timeserie_precision.hour': 'heure',
  'timeserie_precision.minute': 'minute',
  'facetsort.count': 'les moins fréquentes d’abord',
  'facetsort.-count': 'les plus fréquentes d’abord',
  'facetsort.alphanum': 'alphabétique',
  'facetsort.-alphanum': 'alphabétique inverse',
  'facetsort.num': 'numérique',
  'facetsort.-num': 'numérique inverse',
}
