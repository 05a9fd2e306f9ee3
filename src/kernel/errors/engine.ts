import { defineErrors } from './spec.ts'

export const engineErrors = defineErrors({
  'engine.query_cancelled': {
    status: 499,
    errorKey: 'QueryCancelledException',
    message: 'The query was cancelled',
  },
  'engine.query_timed_out': {
    status: 503,
    errorKey: 'QueryTimedOutException',
    message: 'The query took longer than {timeoutMs} ms',
    hint: 'Narrow it with where, ask for fewer groups, or use an export',
  },
  'engine.too_many_waiting': {
    status: 429,
    errorKey: 'TooManyRequestsException',
    message: '{max} of your queries are waiting for their turn already',
    hint: 'Ask fewer at once; try again in {retryAfterSeconds} s',
  },
  'engine.queue_full': {
    status: 429,
    errorKey: 'TooManyRequestsException',
    message: 'The server is busy: {max} queries are waiting for their turn',
    hint: 'Try again in {retryAfterSeconds} s',
  },
  'engine.out_of_range': {
    status: 400,
    errorKey: 'ValueOutOfRangeException',
    exploreCode: 'ODSQLError',
    message: 'A value computed by the query is larger than its type can hold',
    hint: 'Leave out extreme values with where',
  },
  'engine.out_of_memory': {
    status: 503,
    errorKey: 'QueryOutOfMemoryException',
    message: 'The query needs more memory than this server grants to one query',
    hint: 'Narrow it with where or ask for fewer groups',
  },
})
