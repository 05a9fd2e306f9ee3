/**
 * A browser without JavaScript, as far as forms go: pages are read as HTML, and a form sends all that stands in it, as it
 * stands there, but for what somebody changes. A control that is not there cannot be filled in.
 */
import assert from 'node:assert/strict'
import { DomUtils, parseDocument } from 'htmlparser2'
import type { BrowserSession } from './browser-session.ts'

type Node = Parameters<typeof DomUtils.getText>[0]
type Element = ReturnType<typeof DomUtils.getElementsByTagName>[number]

export interface ShownPage {
  readonly status: number
  /** Path and query. */
  readonly path: string
  readonly html: string
  /** As it is read, with single spaces. */
  readonly text: string
  /** Of the alert; null: there is none. */
  readonly problem: string | null
  /** Texts of the links of the navigation on top. */
  readonly places: readonly string[]
  /**
   * Sends the form whose action is `action` (a hidden field or a button says so; empty: it has none) and that has these
   * fields.
   * `changes`: texts; true and false tick a box and take the tick away. Answers the page that follows.
   */
  send(action: string, changes?: Changes, like?: Readonly<Record<string, string>>): Promise<ShownPage>
  /** The value of a control, wherever it is. */
  value(name: string): string | null
  has(action: string): boolean
}

type Changes = Readonly<Record<string, string | boolean>>

export async function visit(session: BrowserSession, path: string, language = 'en'): Promise<ShownPage> {
  const answer = await session.send('GET', path, { headers: { 'Accept-Language': language } })
  return shown(session, answer, path)
}

function shown(
  session: BrowserSession,
  { status, text: html }: { readonly status: number; readonly text: string },
  path: string,
): ShownPage {
  const document = parseDocument(html)
  const all = (name: string, within: Node | Node[] = document.children as Node[]) =>
    DomUtils.getElementsByTagName(name, within as never)
  const [main] = all('main')
  const alert = DomUtils.findOne((element) => element.attribs.role === 'alert', document.children)
  const [navigation] = all('nav', all('header'))
  const forms = all('form').map((element) => ({ element, fields: fieldsOf(element) }))

  const find = (action: string, like: Readonly<Record<string, string>>) =>
    forms.find(
      ({ element, fields }) =>
        (action === ''
          ? fields.every(([name]) => name !== 'action') && fields.some(([name]) => name === 'csrf_token')
          : fields.some(([name, value]) => name === 'action' && value === action) ||
            buttonOf(element, action) !== null) &&
        Object.entries(like).every(([name, value]) =>
          fields.some(([own, present]) => own === name && present === value),
        ),
    )
  return {
    status,
    path,
    html,
    text: words(main ?? document),
    problem: alert === null ? null : words(alert),
    places: navigation ? all('a', navigation).map(words) : [],
    has: (action) => find(action, {}) !== undefined,
    value: (name) => forms.flatMap(({ fields }) => fields).find(([own]) => own === name)?.[1] ?? null,
    async send(action, changes = {}, like = {}) {
      const form = find(action, like)
      assert.ok(form, `${path} has no form for ${action} ${JSON.stringify(like)}: ${words(document)}`)
      const fields = changed(form.element, form.fields, changes)
      const button = action === '' ? null : buttonOf(form.element, action)
      if (button) fields.push([button.attribs.name!, action])
      const target = new URL(form.element.attribs.action ?? path, `http://here${path}`)
      const sent = await session.send('POST', `${target.pathname}${target.search}`, {
        body: new URLSearchParams(fields).toString(),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      })
      const next = sent.headers.get('location')
      if (next !== null) return visit(session, next.split('#')[0]!)
      return shown(session, sent, `${target.pathname}${target.search}`)
    },
  }
}

/** Elements are apart, as they are on the screen. */
function words(node: unknown): string {
  const texts = DomUtils.filter((one) => one.type === 'text', node as never) as unknown as { data: string }[]
  return texts
    .map(({ data }) => data)
    .join(' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** A button that says itself what is to be done, and may be pressed. */
function buttonOf(form: Element, action: string): Element | null {
  return DomUtils.findOne(
    ({ name, attribs }) =>
      name === 'button' &&
      (attribs.name === 'action' || attribs.name === 'move') &&
      attribs.value === action &&
      !('disabled' in attribs),
    form.children,
  )
}

/** What would be sent, in the order of the form. */
function fieldsOf(form: Element): [name: string, value: string][] {
  return controlsOf(form).flatMap((control): [string, string][] => {
    const { name = '', value, type } = control.attribs
    if (name === '' || type === 'file') return []
    if (isBox(control)) return 'checked' in control.attribs ? [[name, value ?? 'on']] : []
    if (control.name === 'textarea') return [[name, DomUtils.textContent(control).replace(/^\n/, '')]]
    if (control.name === 'select') {
      const options = DomUtils.getElementsByTagName('option', control.children)
      const chosen = options.find(({ attribs }) => 'selected' in attribs) ?? options[0]
      return chosen ? [[name, chosen.attribs.value ?? DomUtils.textContent(chosen)]] : []
    }
    return [[name, value ?? '']]
  })
}

const isBox = ({ attribs: { type } }: Element) => type === 'checkbox' || type === 'radio'

function controlsOf(form: Element): Element[] {
  return DomUtils.findAll(
    ({ name, attribs }) => ['input', 'textarea', 'select'].includes(name) && !('disabled' in attribs),
    form.children,
  )
}

function changed(form: Element, fields: readonly [string, string][], changes: Changes): [string, string][] {
  const result = [...fields]
  for (const [name, value] of Object.entries(changes)) {
    const control = controlsOf(form).find(({ attribs }) => attribs.name === name)
    assert.ok(control, `there is no control ${name}`)
    const at = result.findIndex(([own]) => own === name)
    if (value === false) result.splice(at, at === -1 ? 0 : 1)
    else if (value === true && at === -1) result.push([name, control.attribs.value ?? 'on'])
    else if (typeof value === 'string') {
      assert.ok(control.name !== 'select' || offers(control, value), `${name} does not offer ${value}`)
      if (at === -1) result.push([name, value])
      else result[at] = [name, value]
    }
  }
  return result
}

const offers = (select: Element, value: string) =>
  DomUtils.getElementsByTagName('option', select.children).some(
    ({ attribs }) => (attribs.value ?? '') === value,
  )
