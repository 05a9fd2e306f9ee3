import { defineErrors } from './spec.ts'

export const jobErrors = defineErrors({
  'jobs.unknown_job': {
    status: 404,
    errorKey: 'UnknownJobException',
    message: 'Unknown job: {job_id}',
  },
  'jobs.attempts_exhausted': {
    status: 500,
    errorKey: 'JobAttemptsExhaustedException',
    message: 'Processing was interrupted {attempts} times and is not tried again',
    hint: 'The server log names the cause; start the action again when it is mended',
  },
  'jobs.interrupted': {
    status: 500,
    errorKey: 'JobInterruptedException',
    message: 'The server process stopped during attempt {attempt}',
    hint: 'The job is taken over by itself',
  },
  'jobs.lease_lost': {
    status: 500,
    errorKey: 'JobLeaseLostException',
    message: 'Another process has taken over job {job_id}',
  },
  'jobs.disk_full': {
    status: 507,
    errorKey: 'DiskFullException',
    message: 'The disk of the server is full',
    hint: 'Free space in the data directory or enlarge its disk, then try again; the published data is unchanged',
  },
  'jobs.disk_failed': {
    status: 500,
    errorKey: 'DiskFailedException',
    message: 'The data directory cannot be read or written: {reason}',
    hint: 'Have the operator look at the disk, then try again; the published data is unchanged',
  },
  'jobs.unexpected': {
    status: 500,
    errorKey: 'JobFailedException',
    message: 'Processing failed for a reason that is not the data: {reason}',
    hint: 'Try again; if it lasts, the server log names the cause under this job id',
  },
})
