import type { Kysely } from 'kysely'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'
import { up as initial } from './0001-initial.ts'
import { up as jobsThatTell } from './0002-jobs-that-tell.ts'
import { up as checks } from './0003-checks.ts'
import { up as versionsAndChanges } from './0004-versions-and-changes.ts'
import { up as connections } from './0005-connections.ts'
import { up as upkeep } from './0006-schedules-realtime-harvesters.ts'
import { up as joinedDatasets } from './0007-joined-datasets.ts'
import { up as access } from './0008-access.ts'
import { up as managementSurface } from './0010-management-surface.ts'
import { up as people } from './0011-people.ts'
import { up as media } from './0013-media.ts'
import { up as previousStatus } from './0014-previous-status.ts'
import { up as signOutDeletionsQuotas } from './0015-sign-out-deletions-quotas.ts'
import { up as datasetUses } from './0016-dataset-uses.ts'
import { up as callsAndFeedback } from './0017-calls-and-feedback.ts'

type Step = (db: Kysely<unknown>, dialect: 'sqlite' | 'postgres') => Promise<void>

/** In order; names are permanent. */
const steps: Readonly<Record<string, Step>> = {
  '0001-initial': initial,
  '0002-jobs-that-tell': jobsThatTell,
  '0003-checks': checks,
  '0004-versions-and-changes': versionsAndChanges,
  '0005-connections': connections,
  '0006-schedules-realtime-harvesters': upkeep,
  '0007-joined-datasets': joinedDatasets,
  '0008-access': access,
  '0010-management-surface': managementSurface,
  '0011-people': people,
  '0013-media': media,
  '0014-previous-status': previousStatus,
  '0015-sign-out-deletions-quotas': signOutDeletionsQuotas,
  '0016-dataset-uses': datasetUses,
  '0017-calls-and-feedback': callsAndFeedback,
}

export const migrationNames: readonly string[] = Object.keys(steps)

/** Brings a database of any earlier release to this one. Throws when it was written by a later release. */
export async function migrate(db: Kysely<unknown>, dialect: 'sqlite' | 'postgres'): Promise<void> {
  await migrateTo(db, dialect, null)
}

/** As `migrate`, no further than the step of this name: what was saved by an earlier release goes into its own tables. */
export async function migrateTo(
  db: Kysely<unknown>,
  dialect: 'sqlite' | 'postgres',
  step: string | null,
): Promise<void> {
  const provider: MigrationProvider = {
    getMigrations: async () =>
      Object.fromEntries(
        Object.entries(steps).map(([name, step]): [string, Migration] => [
          name,
          { up: (on) => step(on, dialect) },
        ]),
      ),
  }
  const migrator = new Migrator({ db, provider })
  const { error } = await (step === null ? migrator.migrateToLatest() : migrator.migrateTo(step))
  if (error) throw error
}
