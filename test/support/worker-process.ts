/**
 * A worker as a process of its own, on a PostgreSQL database: `hangs` takes a job and never finishes it, `finishes` does.
 * Says on the IPC channel when it listens and when it has taken, or finished, a job.
 */

import { jobLease } from '../../src/actions/index.ts'
import { openControl } from '../../src/control/index.ts'
import { finishJob, startWorker } from '../../src/jobs/index.ts'
import { createIds, systemClock } from '../../src/kernel/index.ts'

const [databaseUrl = '', role] = process.argv.slice(2)
const control = await openControl({ databaseUrl, sqlitePath: '' })
const worker = startWorker({
  db: control.db,
  clock: systemClock,
  owner: createIds().hex(8),
  handlers: {
    work: {
      async run({ job, owner }) {
        if (role === 'hangs') {
          process.send?.('taken')
          await new Promise(() => {})
        }
        const finish = { jobUid: job.jobUid, owner, now: systemClock.now(), outcome: { result: {} } }
        await finishJob(control.db, finish)
        process.send?.('finished')
      },
      fail: async () => {},
    },
  },
  pools: [{ functions: ['work'], slots: 1 }],
  canSkipLocked: true,
  retryDelayMs: () => null,
  ...jobLease,
  onEvent: () => {},
})
await control.listen('test_jobs', () => worker.wake())
process.send?.('ready')
process.on('disconnect', () => process.exit(0))
