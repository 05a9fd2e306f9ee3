import type { Page } from '../../kit/page.ts'
import { account, newKey } from './account.tsx'
import { attachments } from './attachments.tsx'
import { audit } from './audit.tsx'
import { changes } from './changes.tsx'
import { connections } from './connections.tsx'
import { datasets, officeHome } from './datasets.tsx'
import { disk } from './disk.tsx'
import { domain } from './domain.tsx'
import { errors } from './errors.tsx'
import { feedback } from './feedback.tsx'
import { fields } from './fields.tsx'
import { gates } from './gates.tsx'
import { harvester } from './harvester.tsx'
import { harvesters } from './harvesters.tsx'
import { invitations } from './invitations.tsx'
import { job } from './job.tsx'
import { jobs } from './jobs.tsx'
import { login } from './login.tsx'
import { metadata } from './metadata.tsx'
import { newDataset } from './new.tsx'
import { overview } from './overview.tsx'
import { emailConfirmation, invitation, passwordForgotten, passwordReset } from './passwords.tsx'
import { processing } from './processing.tsx'
import { schedules } from './schedules.tsx'
import { security } from './security.tsx'
import { sources } from './sources.tsx'
import { start } from './start.tsx'
import { template } from './template.tsx'
import { templates } from './templates.tsx'
import { usage } from './usage.tsx'
import { users } from './users.tsx'
import { versions } from './versions.tsx'

export const officePages: readonly Page[] = [
  login,
  officeHome,
  datasets,
  newDataset,
  overview,
  start,
  sources,
  processing,
  fields,
  metadata,
  security,
  schedules,
  versions,
  changes,
  feedback,
  errors,
  jobs,
  job,
  disk,
  audit,
  account,
  newKey,
  attachments,
  invitations,
  users,
  gates,
  domain,
  templates,
  template,
  connections,
  harvesters,
  harvester,
  usage,
  passwordForgotten,
  passwordReset,
  invitation,
  emailConfirmation,
]
