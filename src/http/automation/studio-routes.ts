import { type TObject, Type } from 'typebox'
import type { PermissionClass } from '../../access/index.ts'
import { AppError } from '../../kernel/index.ts'
import { type Answer, answerOf, answerPage, noContent, operation } from '../openapi/index.ts'
import { anyObject, invalid, pageQuery, printPageOf, type RegisterRoutes } from './scope.ts'

const tags = ['automation-content']
const params = Type.Object({ studio_page_uid: Type.String() })
const userParams = Type.Object({ ...params.properties, username: Type.String() })
const groupParams = Type.Object({ ...params.properties, group_uid: Type.String() })

/** Pages of the platform's studio, an editor of its own that is not here: there are none. Automation API section 15. */
export const registerAutomationStudio: RegisterRoutes = (scope) => {
  const all = '/studio_pages/'
  const one = `${all}:studio_page_uid/`
  const page = answerOf('AutomationStudioPage')
  const right = answerOf('AutomationPageUser')
  const permission: PermissionClass = 'SELF'

  scope.get(
    all,
    operation(permission, 'automationListStudioPages', 'There are none', answerPage('AutomationStudioPage'), {
      tags,
      querystring: pageQuery,
    }),
    async (request) => printPageOf(request, request.query, [], () => ({})),
  )
  scope.post(
    all,
    operation(
      permission,
      'automationCreateStudioPage',
      'Refused: pages are written as code editor pages',
      answerOf('AutomationStudioPage', 201),
      { tags, body: anyObject() },
    ),
    async (request) => {
      throw invalid(
        'slug',
        request.body.slug,
        'there is no studio here: POST /code_editor_pages/ makes pages',
      )
    },
  )

  const rights = (kind: 'User' | 'Group', holder: TObject, name: string) => {
    const list = `${one}security/${kind.toLowerCase()}s/`
    return [
      ['GET', list, `automationListStudioPage${kind}s`, answerPage('AutomationPageUser'), params],
      ['POST', list, `automationAddStudioPage${kind}`, right, params],
      ['GET', `${list}:${name}/`, `automationReadStudioPage${kind}`, right, holder],
      ['PUT', `${list}:${name}/`, `automationUpdateStudioPage${kind}`, right, holder],
      ['DELETE', `${list}:${name}/`, `automationDeleteStudioPage${kind}`, noContent, holder],
    ] as const
  }
  for (const [method, url, operationId, answer, schema] of [
    ['GET', one, 'automationReadStudioPage', page, params],
    ['PUT', one, 'automationUpdateStudioPage', page, params],
    ['DELETE', one, 'automationDeleteStudioPage', noContent, params],
    ['POST', `${one}publish/`, 'automationPublishStudioPage', answerOf('AutomationOk'), params],
    ['POST', `${one}unpublish/`, 'automationUnpublishStudioPage', answerOf('AutomationOk'), params],
    ...rights('User', userParams, 'username'),
    ...rights('Group', groupParams, 'group_uid'),
  ] as readonly (readonly ['GET' | 'POST' | 'PUT' | 'DELETE', string, string, Answer, TObject])[])
    scope.route<{ Params: { studio_page_uid: string } }>({
      method,
      url,
      ...operation(permission, operationId, 'There are none', answer, { tags, params: schema }),
      handler: async ({ params: asked }) => {
        throw new AppError('pages.unknown_page', { slug: asked.studio_page_uid.slice(0, 100) })
      },
    })
}
