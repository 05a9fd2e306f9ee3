/**
 * Search as you type, for forms marked `data-live="ID"`: the page that the form leads to is fetched while somebody
 * types, and the element ID is replaced by the one in it. The address follows, so that it can be shared.
 */
const pauseMs = 200

export function startLiveForms(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-live]')) {
    let timer = 0
    let running: AbortController | null = null
    const send = async () => {
      running?.abort()
      running = new AbortController()
      const address = addressOf(form)
      try {
        const response = await fetch(address, { signal: running.signal, headers: { accept: 'text/html' } })
        const page = new DOMParser().parseFromString(await response.text(), 'text/html')
        const id = form.dataset.live!
        const fresh = page.getElementById(id)
        if (!response.ok || !fresh) return
        const wasOpen = document.querySelector<HTMLDetailsElement>('.filters-fold')?.open ?? true
        document.getElementById(id)?.replaceWith(document.adoptNode(fresh))
        const fold = document.querySelector<HTMLDetailsElement>('.filters-fold')
        if (fold) fold.open = wasOpen
        history.replaceState(null, '', address)
        document.title = page.title
      } catch {
        // Overtaken by the next letter, or the network is gone: the form still works by Enter.
      }
    }
    form.addEventListener('input', () => {
      clearTimeout(timer)
      timer = window.setTimeout(send, pauseMs)
    })
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      clearTimeout(timer)
      void send()
    })
  }
}

function addressOf(form: HTMLFormElement): string {
  const filled = [...new FormData(form)].filter(([, value]) => value !== '') as [string, string][]
  const query = new URLSearchParams(filled).toString()
  const { pathname } = new URL(form.action)
  return query === '' ? pathname : `${pathname}?${query}`
}
