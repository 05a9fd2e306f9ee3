import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { alertChoices, findPerson, setAlerts, setNames } from '../../accounts/index.ts'
import type { JsonObject } from '../../kernel/index.ts'
import { auditing } from '../audit-requests.ts'
import { originOf } from '../client-of.ts'
import type { RegisterRoutes } from '../management/scope.ts'
import { answerOf, noContent, operation } from '../openapi/index.ts'
import { refuseKey } from '../refuse-key.ts'
import { refuseForeignOrigin, setSessionCookie } from '../session-cookie.ts'
import { usernameOf } from '../username-of.ts'

const tags = ['account']
const shortText = Type.Optional(Type.String({ maxLength: 200 }))
const password = Type.String({ maxLength: 1000 })
const token = Type.String({ maxLength: 200, description: 'From the link in the mail' })

/** What people see to themselves: passwords, invitations, their own account. docs/security.md. */
export const registerAccount: RegisterRoutes = (scope, services) => {
  const { accounts } = services
  const { recovery, sessions } = accounts
  const { db } = services.control

  scope.post(
    '/password-resets',
    forStrangers(
      operation(
        'public',
        'requestPasswordReset',
        'Have a link for a new password sent; the answer is the same whether or not there is such a user',
        noContent,
        {
          tags,
          body: Type.Object({ login: Type.String({ maxLength: 300, description: 'User name or address' }) }),
        },
      ),
    ),
    async (request, reply) => {
      refuseForeignOrigin(request)
      recovery.requestReset(request.body.login, originOf(request).network)
      return reply.status(204).send()
    },
  )
  for (const [path, operationId, summary] of [
    ['/password-resets/confirm', 'resetPassword', 'Choose a new password with the token of a reset'],
    ['/invitations/accept', 'acceptInvitation', 'Choose a password with the token of an invitation'],
  ] as const) {
    scope.post(
      path,
      forStrangers(
        operation('public', operationId, summary, answerOf('ChosenPassword'), {
          tags,
          body: Type.Object({ token, password, first_name: shortText, last_name: shortText }),
        }),
      ),
      async (request) => {
        refuseForeignOrigin(request)
        const { first_name, last_name, ...choice } = request.body
        const names =
          first_name === undefined && last_name === undefined
            ? {}
            : { names: { firstName: first_name ?? '', lastName: last_name ?? '' } }
        return recovery.choosePassword({ ...choice, ...names })
      },
    )
  }
  scope.post(
    '/email-confirmations',
    forStrangers(
      operation(
        'public',
        'confirmEmail',
        'Confirm an address with the token that was sent to it',
        noContent,
        {
          tags,
          body: Type.Object({ token }),
        },
      ),
    ),
    async (request, reply) => {
      refuseForeignOrigin(request)
      await recovery.confirmEmail(request.body.token)
      return reply.status(204).send()
    },
  )

  scope.get(
    '/me',
    operation('SELF', 'readAccount', 'Your own account', answerOf('Account'), { tags }),
    async (request) => printAccount(request),
  )
  scope.put(
    '/me',
    operation(
      'SELF',
      'changeAccount',
      'Change your own account; what is left out stays',
      answerOf('Account'),
      {
        tags,
        body: Type.Object({
          first_name: shortText,
          last_name: shortText,
          alerts: Type.Optional(
            Type.Unsafe<(typeof alertChoices)[number]>({
              type: 'string',
              enum: [...alertChoices],
              description: 'Mails about failed jobs: of what you ordered or own, or none',
            }),
          ),
          email: Type.Optional(
            Type.String({ maxLength: 254, description: 'Needs the password; counts once it is confirmed' }),
          ),
          current_password: Type.Optional(password),
        }),
      },
    ),
    async (request) => {
      refuseKey(request, 'access.account_needs_password')
      const username = usernameOf(request)
      const { first_name, last_name, alerts, email, current_password } = request.body
      const before = await findPerson(db, username)
      if (email !== undefined) {
        await accounts.requirePassword(username, current_password ?? '', originOf(request))
        await recovery.changeEmail(username, email)
      }
      if (first_name !== undefined || last_name !== undefined)
        await setNames(db, username, {
          firstName: first_name ?? before.firstName,
          lastName: last_name ?? before.lastName,
        })
      if (alerts !== undefined) await setAlerts(db, username, alerts)
      return printAccount(request)
    },
  )
  scope.put(
    '/me/password',
    operation(
      'SELF',
      'changePassword',
      'Change your password; ends your other sessions, and this one goes on with another cookie',
      noContent,
      { tags, body: Type.Object({ current_password: password, password }) },
    ),
    async (request, reply) => {
      refuseKey(request, 'access.account_needs_password')
      const username = usernameOf(request)
      await accounts.requirePassword(username, request.body.current_password, originOf(request))
      await recovery.changePassword(username, request.body.password)
      const { signedIn } = request
      await sessions.endAll(username)
      if (signedIn !== null) {
        const method = signedIn.session.method
        const next = await sessions.begin({
          username,
          method,
          ...originOf(request),
          replaced: signedIn.token,
        })
        setSessionCookie(request, reply, next)
      }
      return reply.status(204).send()
    },
  )

  scope.post(
    '/users/:username/invitation',
    operation(
      'ADMIN',
      'inviteAgain',
      'Send a new invitation; where no mails are sent, the answer has the link to pass on',
      answerOf('Invitation'),
      { tags, params: Type.Object({ username: Type.String() }) },
    ),
    async (request, reply) => {
      // A link to pass on is as good as a password.
      if (!services.accounts.sendsMail) refuseKey(request, 'access.account_needs_password')
      const { link } = await recovery.invite(request.params.username)
      return reply.header('Cache-Control', 'no-store').send({ is_sent: link === null, link })
    },
  )

  async function printAccount(request: FastifyRequest): Promise<JsonObject> {
    const person = await findPerson(db, usernameOf(request))
    const { principal } = request
    return {
      username: person.username,
      email: person.email,
      is_email_verified: person.isEmailVerified,
      first_name: person.firstName,
      last_name: person.lastName,
      account_type: person.accountType,
      alerts: person.alerts,
      permissions: principal.kind === 'user' ? [...principal.permissions] : [],
      groups: principal.kind === 'user' ? [...principal.groups] : [],
    }
  }
}

/** Called by pages where nobody is signed in; that a browser sends a cookie along changes nothing. */
function forStrangers<const O extends { readonly config: object }>(options: O) {
  return auditing(false, { ...options, config: { ...options.config, ignoresSession: true } })
}
