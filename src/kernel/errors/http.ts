import { defineErrors } from './spec.ts'

export const httpErrors = defineErrors({
  'http.internal': {
    status: 500,
    errorKey: 'InternalServerErrorException',
    message: 'The server failed to answer this request',
    hint: 'Try again; if it lasts, the server log names the cause under this request id',
  },
  'http.route_not_found': {
    status: 404,
    errorKey: 'UnknownRouteException',
    message: 'No such route: {method} {path}',
    hint: 'The routes are listed at /api/docs',
  },
  'http.method_not_allowed': {
    status: 405,
    errorKey: 'MethodNotAllowedException',
    message: 'Method {method} is not allowed here',
  },
  'http.invalid_json': {
    status: 400,
    errorKey: 'InvalidJSONException',
    message: 'The request body is not valid JSON: {reason}',
  },
  'http.payload_too_large': {
    status: 413,
    errorKey: 'PayloadTooLargeException',
    message: 'The request body is larger than {maxBytes} bytes',
  },
  'http.invalid_parameter': {
    status: 400,
    errorKey: 'InvalidParameterException',
    exploreCode: 'InvalidRESTParameterError',
    message: 'Invalid value for {parameter}: {value}; {expected}',
  },
  'http.missing_parameter': {
    status: 400,
    errorKey: 'InvalidParameterException',
    exploreCode: 'InvalidRESTParameterError',
    message: '{parameter} is missing',
  },
  'http.header_too_large': {
    status: 431,
    errorKey: 'HeaderTooLargeException',
    exploreCode: 'InvalidRESTParameterError',
    message: 'The address and the headers of the request are too long together',
    hint: 'Shorten the query, or split it',
  },
  'http.request_timed_out': {
    status: 408,
    errorKey: 'RequestTimeoutException',
    exploreCode: 'RequestTimeout',
    message: 'The request took too long to arrive',
  },
  'http.range_not_satisfiable': {
    status: 416,
    errorKey: 'RangeNotSatisfiableException',
    exploreCode: 'RangeNotSatisfiable',
    message: 'The range begins beyond the end of the file, which has {bytes} bytes',
  },
  'http.shutting_down': {
    status: 503,
    errorKey: 'ShuttingDownException',
    message: 'The server is stopping',
    hint: 'Try again in a moment',
  },
  'http.too_many_streams': {
    status: 503,
    errorKey: 'TooManyStreamsException',
    message: 'This server already serves {max} event streams',
    hint: 'Close some, or ask for the job now and then instead',
  },
  'http.too_many_own_streams': {
    status: 429,
    errorKey: 'TooManyStreamsException',
    message: 'You already have {max} event streams open',
    hint: 'Close some, or follow a dataset instead of each of its jobs',
  },
  'http.too_many_calls': {
    status: 429,
    errorKey: 'TooManyRequestsException',
    message: 'You have used up your {max} calls of the search API for today',
    hint: 'Go on in {retryAfterSeconds} s; an export takes one call whatever its size',
  },
  'http.bad_request': {
    status: 400,
    errorKey: 'BadRequestException',
    message: 'The request cannot be understood: {reason}',
  },
})
