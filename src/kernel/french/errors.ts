/** The French texts of all errors, by key. */
import type { ErrorKey } from '../errors.ts'
import { accessErrorsInFrench } from './access.ts'
import { actionErrorsInFrench } from './actions.ts'
import { catalogErrorsInFrench } from './catalog.ts'
import { checkErrorsInFrench } from './checks.ts'
import { damageErrorsInFrench } from './damage.ts'
import { engineErrorsInFrench } from './engine.ts'
import { exportErrorsInFrench } from './exports.ts'
import { harvestErrorsInFrench } from './harvest.ts'
import { httpErrorsInFrench } from './http.ts'
import { ingestErrorsInFrench } from './ingest.ts'
import { jobErrorsInFrench } from './jobs.ts'
import { odsqlErrorsInFrench } from './odsql.ts'
import { pagesErrorsInFrench } from './pages.ts'
import { realtimeErrorsInFrench } from './realtime.ts'
import { recordErrorsInFrench } from './records.ts'
import { scheduleErrorsInFrench } from './schedules.ts'
import type { FrenchText } from './spec.ts'
import { subscriptionErrorsInFrench } from './subscriptions.ts'
import { webhookErrorsInFrench } from './webhooks.ts'

/** A table of errors that is not here does not compile: its keys are missing. */
export const frenchErrors: Readonly<Record<ErrorKey, FrenchText>> = {
  ...accessErrorsInFrench,
  ...actionErrorsInFrench,
  ...catalogErrorsInFrench,
  ...checkErrorsInFrench,
  ...damageErrorsInFrench,
  ...engineErrorsInFrench,
  ...exportErrorsInFrench,
  ...harvestErrorsInFrench,
  ...httpErrorsInFrench,
  ...ingestErrorsInFrench,
  ...jobErrorsInFrench,
  ...odsqlErrorsInFrench,
  ...pagesErrorsInFrench,
  ...realtimeErrorsInFrench,
  ...recordErrorsInFrench,
  ...scheduleErrorsInFrench,
  ...subscriptionErrorsInFrench,
  ...webhookErrorsInFrench,
}
