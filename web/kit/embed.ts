/**
 * The script that other sites include: `<script src=".../assets/embed.js" data-dataset="shops" data-view="map"></script>`
 * puts the view where the script stands, as a frame. Served under a name that stays.
 */
const script = document.currentScript as HTMLScriptElement | null
if (script) {
  const { dataset, view = 'table', query = '', height = '480', title } = script.dataset
  const frame = document.createElement('iframe')
  const address = new URL(`/explore/embed/dataset/${encodeURIComponent(dataset ?? '')}/${view}/`, script.src)
  address.search = query
  frame.src = address.href
  frame.title = title ?? dataset ?? ''
  frame.height = height
  frame.loading = 'lazy'
  frame.style.width = '100%'
  frame.style.border = '0'
  script.after(frame)
}
