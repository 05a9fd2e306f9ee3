/** What the browser runs on every page: the switches of the header, then the islands that are on the page. */
import { type ComponentType, h, hydrate } from 'preact'
import { islands } from '../islands/index.ts'
import { createBrowserApi } from './browser-api.ts'
import { type Env, EnvContext, type EnvFacts } from './env.ts'
import { createFormat } from './format.ts'
import { createTranslate, type Lang } from './i18n.ts'
import { startLiveForms } from './live.ts'
import { startSwitches } from './switches.ts'

/** One chunk a language: readers load their own. */
const catalogues = {
  en: () => import('../messages/en.ts'),
  fr: () => import('../messages/fr.ts'),
} satisfies Record<Lang, unknown>

// What only serves without JavaScript goes out of the way (styles/base.css).
document.documentElement.dataset.js = ''
startSwitches()
startLiveForms()
if (document.documentElement.dataset.area === 'office') {
  void import('./office-forms.ts').then(({ startOfficeForms }) => startOfficeForms())
}
void wakeIslands()

async function wakeIslands(): Promise<void> {
  const places = [...document.querySelectorAll<HTMLElement>('[data-island]')]
  if (places.length === 0) return
  const facts = JSON.parse(document.getElementById('env')!.textContent!) as EnvFacts
  const { catalogue } = await catalogues[facts.lang]()
  const env: Env = {
    ...facts,
    t: createTranslate(facts.lang, catalogue),
    api: createBrowserApi(facts.lang, facts.session?.csrf_token ?? null),
    format: createFormat(facts.lang, facts.timezone),
  }
  await Promise.all(
    places.map(async (place) => {
      const name = place.dataset.island as keyof typeof islands
      const { default: component } = await islands[name]()
      const props = JSON.parse(place.dataset.props!)
      const root = h(component as ComponentType<object>, props)
      hydrate(h(EnvContext.Provider, { value: env }, root), place)
      place.dataset.awake = ''
    }),
  )
  document.documentElement.dataset.awake = ''
}
