import type { Message } from '../message.ts'

/** Values that the API gives as codes. */
export const values = {
  'feature.analyze': 'analyze',
  'feature.timeserie': 'timeserie',
  'feature.geo': 'geo',
  'timeserie_precision.year': 'year',
  'timeserie_precision.month': 'month',
  'timeserie_precision.day': 'day',
  'timeserie_precision.hour': 'hour',
  'timeserie_precision.minute': 'minute',
  'facetsort.count': 'count',
  'facetsort.-count': '-count',
  'facetsort.alphanum': 'alphanum',
  'facetsort.-alphanum': '-alphanum',
  'facetsort.num': 'num',
  'facetsort.-num': '-num',
} as const satisfies Record<string, Message>
