/**
 * What forms of the back office do beyond what forms do:
 *
 * - `data-draft="KEY"`: what is typed is kept in this browser until the form has been taken (`?done=` says so), and put
 *   back by the next visit.
 * - `data-autosave="TEXT"`: sent a moment after each change; `data-save-state` in it says so (TEXT), and how that went.
 * - `data-preview="ID"`: sent with the button `action=preview` a moment after each change; the element ID is replaced by
 *   that of the answer.
 * A button with `data-look="ID"` sends its form and shows the element ID of the answer in place of the one that is there:
 * what is typed stays, secrets too.
 * A colour picker with `data-color-of="NAME"` sets the text of this name in its form, and follows it.
 *
 * An element with `data-refresh` and an id is asked for again every few seconds, as long as it wants to be.
 *
 * All of them work as they are without this.
 */
import { csrfField } from './form.ts'

const autosaveMs = 900
const previewMs = 500
const refreshMs = 3_000
const prefix = 'draft:'
const pendingKey = 'draft-pending'

export function startOfficeForms(): void {
  clearTakenDraft()
  for (const form of document.querySelectorAll('form')) {
    if (form.dataset.draft !== undefined) keepDraft(form, form.dataset.draft)
    if (form.dataset.autosave !== undefined) saveByItself(form)
    if (form.dataset.preview !== undefined) previewByItself(form, form.dataset.preview)
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-look]')) lookInPlace(button)
  for (const picker of document.querySelectorAll<HTMLInputElement>('input[data-color-of]')) pickColor(picker)
  const [refreshed] = document.querySelectorAll<HTMLElement>('[data-refresh]')
  if (refreshed) refreshLater(refreshed.id)
}

function refreshLater(id: string): void {
  setTimeout(async () => {
    const shown = document.getElementById(id)
    // Whoever is within, by keyboard, would lose the place.
    const isBusy = document.hidden || shown?.contains(document.activeElement)
    try {
      const fresh = isBusy ? null : await readElement(id)
      if (fresh && shown) shown.replaceWith(document.adoptNode(fresh))
      if (fresh && fresh.dataset.refresh === undefined) return
    } catch {
      // The next time, perhaps.
    }
    refreshLater(id)
  }, refreshMs)
}

async function readElement(id: string): Promise<HTMLElement | null> {
  const response = await fetch(location.href)
  if (!response.ok) return null
  return new DOMParser().parseFromString(await response.text(), 'text/html').getElementById(id)
}

const textsOf = (form: HTMLFormElement) =>
  [...new FormData(form)].filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string' && pair[0] !== csrfField,
  )

function clearTakenDraft(): void {
  const pending = sessionStorage.getItem(pendingKey)
  if (pending === null) return
  sessionStorage.removeItem(pendingKey)
  if (new URLSearchParams(location.search).has('done')) localStorage.removeItem(`${prefix}${pending}`)
}

function keepDraft(form: HTMLFormElement, key: string): void {
  const place = `${prefix}${key}`
  const unchanged = JSON.stringify(textsOf(form))
  const kept = localStorage.getItem(place)
  // A page that comes back with a problem has what was typed already.
  if (kept !== null && kept !== unchanged && document.querySelector('[role="alert"]') === null) {
    restore(form, JSON.parse(kept))
    form.prepend(
      restoredNotice(form, () => {
        localStorage.removeItem(place)
        form.reset()
      }),
    )
  }
  form.addEventListener('input', () => {
    const now = JSON.stringify(textsOf(form))
    if (now === unchanged) localStorage.removeItem(place)
    else localStorage.setItem(place, now)
  })
  form.addEventListener('submit', () => sessionStorage.setItem(pendingKey, key))
}

function restore(form: HTMLFormElement, pairs: readonly [string, string][]): void {
  const left = new Map<string, string[]>()
  for (const [name, value] of pairs) left.set(name, [...(left.get(name) ?? []), value])
  for (const control of form.elements) {
    if (control instanceof HTMLInputElement && ['checkbox', 'radio'].includes(control.type)) {
      control.checked = left.get(control.name)?.includes(control.value) ?? false
      continue
    }
    // What it was typed for comes back with it: of what somebody else has saved since, its author is told.
    if (control instanceof HTMLInputElement && control.name === 'revision')
      control.value = left.get(control.name)?.[0] ?? control.value
    const isText =
      control instanceof HTMLTextAreaElement ||
      control instanceof HTMLSelectElement ||
      (control instanceof HTMLInputElement && !['hidden', 'file', 'submit'].includes(control.type))
    const value = isText ? left.get(control.name)?.shift() : undefined
    if (isText && value !== undefined) control.value = value
  }
}

function restoredNotice(form: HTMLFormElement, discard: () => void): HTMLElement {
  const notice = document.createElement('div')
  notice.className = 'notice row'
  notice.setAttribute('role', 'status')
  const text = document.createElement('span')
  text.textContent = form.dataset.draftRestored ?? ''
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'button secondary small'
  button.textContent = form.dataset.draftDiscard ?? ''
  button.addEventListener('click', () => {
    discard()
    notice.remove()
  })
  notice.append(text, button)
  return notice
}

/** Sends the form, and reads the page that answers. */
async function post(form: HTMLFormElement, action: string | null, signal: AbortSignal) {
  const fields = new URLSearchParams(
    [...new FormData(form)].filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  )
  if (action !== null) fields.set('action', action)
  // Not `form.action`: that is the field of this name, where there is one.
  const address = form.getAttribute('action') ?? location.href
  const response = await fetch(address, { method: 'POST', body: fields, signal })
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  return { isGood: response.ok, page }
}

/** Calls at most once a pause; what began before is overtaken. */
function afterPause(ms: number, work: (signal: AbortSignal) => Promise<void>): () => void {
  let timer = 0
  let running: AbortController | null = null
  return () => {
    clearTimeout(timer)
    timer = window.setTimeout(() => {
      running?.abort()
      running = new AbortController()
      void work(running.signal)
    }, ms)
  }
}

function saveByItself(form: HTMLFormElement): void {
  const state = form.querySelector<HTMLElement>('[data-save-state]')
  const say = (text: string | undefined) => {
    if (state) state.textContent = text ?? ''
  }
  const { autosave, saving, saved, notSaved, unsaved, draft } = form.dataset
  say(autosave)
  const send = afterPause(autosaveMs, async (signal) => {
    say(saving)
    const sent = JSON.stringify(textsOf(form))
    try {
      const { isGood, page } = await post(form, null, signal)
      const reason = page.querySelector('[role="alert"]')?.textContent?.trim() ?? ''
      if (!isGood) return say(notSaved?.replace('{reason}', reason))
      if (draft !== undefined && JSON.stringify(textsOf(form)) === sent) {
        localStorage.removeItem(`${prefix}${draft}`)
      }
      say(saved)
    } catch (error) {
      if ((error as Error).name !== 'AbortError') say(notSaved?.replace('{reason}', String(error)))
    }
  })
  form.addEventListener('input', () => {
    say(unsaved)
    send()
  })
}

function previewByItself(form: HTMLFormElement, id: string): void {
  const look = afterPause(previewMs, async (signal) => {
    try {
      const { page } = await post(form, 'preview', signal)
      const fresh = page.getElementById(id)
      if (fresh) document.getElementById(id)?.replaceWith(document.adoptNode(fresh))
    } catch {
      // Overtaken, or the network is gone: the button still works.
    }
  })
  form.addEventListener('input', look)
}

function lookInPlace(button: HTMLButtonElement): void {
  const { form, dataset } = button
  if (!form || dataset.look === undefined) return
  const id = dataset.look
  button.addEventListener('click', async (event) => {
    event.preventDefault()
    const place = document.getElementById(id)
    button.disabled = true
    if (place) place.textContent = dataset.looking ?? ''
    try {
      const { page } = await post(form, button.value, AbortSignal.timeout(60_000))
      const fresh = page.getElementById(id)
      if (fresh) place?.replaceWith(document.adoptNode(fresh))
      // Signed out meanwhile, perhaps: the whole page says it.
      else form.requestSubmit(button)
    } catch (error) {
      if (place) place.textContent = String(error)
    } finally {
      button.disabled = false
    }
  })
}

function pickColor(picker: HTMLInputElement): void {
  const text = picker.form?.elements.namedItem(picker.dataset.colorOf ?? '')
  if (!(text instanceof HTMLInputElement)) return
  picker.hidden = false
  picker.addEventListener('input', () => {
    text.value = picker.value
    // For what listens to typing: drafts.
    text.dispatchEvent(new Event('input', { bubbles: true }))
  })
  text.addEventListener('input', () => {
    const short = /^#[0-9a-f]{3}$/i.test(text.value)
    const color = short ? text.value.replace(/[0-9a-f]/gi, '$&$&') : text.value
    if (/^#[0-9a-f]{6}$/i.test(color)) picker.value = color
  })
}
