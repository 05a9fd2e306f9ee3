/** Who may come in and what they are told: access, accounts, mail, the audit log. Part of the wiring (app.ts). */
import {
  type Access,
  type CallCounts,
  type CallHistory,
  createAccess,
  createCallCounts,
  createCallHistory,
  type DomainQuota,
  watchDomainQuota,
  watchSecurity,
} from './access/index.ts'
import { type Accounts, createAccounts, type OpenidSettings } from './accounts/index.ts'
import { type Audit, createAudit } from './audit/index.ts'
import type { Control } from './control/index.ts'
import { networkOf } from './http/index.ts'
import type { Clock, Ids, SecretBox } from './kernel/index.ts'
import type { Log } from './log.ts'
import { type Mailer, startMail } from './mail/index.ts'
import type { Settings } from './settings.ts'

export interface People {
  readonly access: Access
  readonly accounts: Accounts
  readonly audit: Audit
  readonly callCounts: CallCounts
  readonly callHistory: CallHistory
  readonly domainQuota: DomainQuota
  readonly mailer: Mailer
  stop(): Promise<void>
}

/** `publicUrl`: asked for when a link is made, not before. */
export async function startPeople(deps: {
  readonly settings: Settings
  readonly control: Control
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly secrets: SecretBox
  readonly owner: string
  readonly publicUrl: () => string
}): Promise<People> {
  const { settings, control, clock, ids, log, secrets, owner, publicUrl } = deps
  const mailer = await startMail({
    control,
    clock,
    ids,
    secrets,
    smtpUrl: settings.smtpUrl,
    from: settings.mailFrom,
    owner,
    isAlone: true,
    firstRetryMs: settings.retryMs,
    onError: (cause) => log('error', 'mail_failed', { cause }),
  })
  await watchSecurity(control)
  const callCounts = createCallCounts({
    db: control.db,
    clock,
    onError: (cause) => log('error', 'counting_calls_failed', { cause }),
  })
  const callHistory = createCallHistory({
    db: control.db,
    clock,
    onError: (cause) => log('error', 'counting_calls_failed', { cause }),
  })
  const access = createAccess({ db: control.db, clock, ids })
  const audit = createAudit({
    db: control.db,
    clock,
    keptMs: settings.auditDays === 0 ? null : settings.auditDays * 86_400_000,
  })
  const accounts = createAccounts({
    audit,
    db: control.db,
    clock,
    ids,
    access,
    networkOf,
    settings: {
      sessions: {
        idleMs: settings.sessionIdleMinutes * 60_000,
        longestMs: settings.sessionHours * 3_600_000,
      },
      signInFailures: settings.signInFailures,
      minPasswordLength: settings.passwordLength,
      openid: openidOf(settings),
    },
    mailer,
    secrets,
    publicUrl,
    onError: (cause) => log('error', 'account_mail_failed', { cause }),
  })
  return {
    access,
    accounts,
    audit,
    callCounts,
    callHistory,
    domainQuota: await watchDomainQuota(control),
    mailer,
    async stop() {
      await callCounts.stop()
      await callHistory.stop()
      await mailer.stop()
    },
  }
}

function openidOf(settings: Settings): OpenidSettings | null {
  if (settings.openidIssuer === null) return null
  return {
    issuer: settings.openidIssuer,
    clientId: settings.openidClientId,
    clientSecret: settings.openidClientSecret,
    scope: settings.openidScope,
    name: settings.openidName,
    domains: settings.openidDomains,
    groupsClaim: settings.openidGroupsClaim,
    groups: settings.openidGroups,
  }
}
