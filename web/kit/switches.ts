/** The theme without a round trip. Everything here also works as a plain link (pages/preferences.ts). */

/** On a phone filters would stand before everything else: they are folded, unless somebody has opened them. */
function foldFilters(): void {
  const narrow = matchMedia('(max-width: 860px)')
  const fold = () => {
    for (const filters of document.querySelectorAll<HTMLDetailsElement>('.filters-fold'))
      filters.open = !narrow.matches
  }
  if (narrow.matches) fold()
  narrow.addEventListener('change', fold)
}

/** Paper is light, whatever the theme: what maps and charts have drawn is drawn again in light colours, and back. */
function printInLight(): void {
  const root = document.documentElement
  let before: string | undefined
  const show = (theme: string | undefined) => {
    if (theme === undefined) delete root.dataset.theme
    else root.dataset.theme = theme
    document.dispatchEvent(new CustomEvent('themechange', { detail: theme }))
  }
  window.addEventListener('beforeprint', () => {
    before = root.dataset.theme
    show('light')
  })
  window.addEventListener('afterprint', () => show(before))
}

export function startSwitches(): void {
  // A secret in a link stands behind the #, which no server sees; it goes into the form and out of the address.
  for (const input of document.querySelectorAll<HTMLInputElement>('input[data-from-fragment]')) {
    const value = new URLSearchParams(location.hash.slice(1)).get(input.dataset.fromFragment!)
    if (value === null) continue
    input.value = value
    history.replaceState(null, '', `${location.pathname}${location.search}`)
  }
  foldFilters()
  printInLight()
  for (const tab of document.querySelectorAll('.tabs [aria-current=page], .site-nav [aria-current=page]'))
    tab.scrollIntoView({ inline: 'center', block: 'nearest' })
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-theme-to]')) {
    link.addEventListener('click', (event) => {
      const root = document.documentElement
      const isDark =
        root.dataset.theme === 'dark' ||
        (root.dataset.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
      const theme = isDark ? 'light' : 'dark'
      event.preventDefault()
      root.dataset.theme = theme
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet.
      document.cookie = `broadsheet_theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax`
      document.dispatchEvent(new CustomEvent('themechange', { detail: theme }))
    })
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-print]')) {
    button.hidden = false
    button.addEventListener('click', () => print())
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-copy]')) {
    button.hidden = false
    button.addEventListener('click', async () => {
      const text = document.getElementById(button.dataset.copy!)?.textContent ?? ''
      await navigator.clipboard.writeText(text)
      const { copied } = button.dataset
      const before = button.textContent
      if (copied) button.textContent = copied
      setTimeout(() => {
        button.textContent = before
      }, 1500)
    })
  }
}
