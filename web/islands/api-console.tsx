import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ScrollRegion } from '../components/scroll-region.tsx'
import { ApiError } from '../kit/api.ts'
import { useEnv } from '../kit/env.ts'
import { type Completion, complete, type QueryLanguage } from '../portal/completion.ts'
import { datasetPath } from '../portal/dataset.ts'
import { type SnippetLanguage, snippet, snippetLanguages } from '../portal/snippets.ts'

const clauses = ['select', 'where', 'group_by', 'order_by'] as const
type Clause = (typeof clauses)[number]

export interface ApiConsoleProps {
  readonly datasetId: string
  readonly clauses: Readonly<Record<Clause, string>>
  readonly limit: string
  /** Refinements of the filters beside it, which the query keeps. */
  readonly kept: readonly (readonly [string, string])[]
  readonly action: string
  /** What the server found for it, as text. */
  readonly result: string
}

/** A query of the search API, written with help, answered at once, to be taken along as code. */
export default function ApiConsole(props: ApiConsoleProps): VNode {
  const { t, api, origin } = useEnv()
  const [values, setValues] = useState(props.clauses)
  const [limit, setLimit] = useState(props.limit)
  const [result, setResult] = useState(props.result)
  const [problem, setProblem] = useState<ApiError | null>(null)
  const [shown, setShown] = useState<SnippetLanguage>('curl')
  const [language, setLanguage] = useState<QueryLanguage | null>(null)
  const isFirst = useRef(true)
  const path = datasetPath(props.datasetId)
  const query = [
    ...props.kept,
    ...clauses.map((name) => [name, values[name]] as const),
    ['limit', limit] as const,
  ]
  const filled = query.filter(([, value]) => value.trim() !== '')
  const address = `${origin}${path}/records?${new URLSearchParams(filled.map(([name, value]) => [name, value]))}`

  useEffect(() => {
    void api.get<QueryLanguage>(`${path}/odsql`).then(setLanguage, () => {})
  }, [])

  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false
      return
    }
    const stop = new AbortController()
    const timer = setTimeout(async () => {
      try {
        const answer = await api.get<unknown>(address.slice(origin.length), {}, { signal: stop.signal })
        setResult(JSON.stringify(answer, null, 2))
        setProblem(null)
      } catch (error) {
        if (error instanceof ApiError) setProblem(error)
      }
    }, 300)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [address])

  return (
    <div class="console">
      <form class="console-form" action={props.action}>
        {props.kept.map(([name, value]) => (
          <input key={`${name}=${value}`} type="hidden" name={name} value={value} />
        ))}
        {clauses.map((name) => (
          <ClauseInput
            key={name}
            name={name}
            value={values[name]}
            language={language}
            problem={problem?.body.clause === name ? problem.message : null}
            onChange={(value) => setValues((before) => ({ ...before, [name]: value }))}
          />
        ))}
        <div class="field">
          <label for="console-limit">
            <code>limit</code>
          </label>
          <input
            id="console-limit"
            name="api.limit"
            type="number"
            min="0"
            max="100"
            value={limit}
            onInput={(event) => setLimit(event.currentTarget.value)}
          />
        </div>
        <button class="button no-js" type="submit">
          {t('api.ask')}
        </button>
      </form>
      <div class="console-result">
        <div class="row section-head">
          <h2 class="grow">{t('api.result')}</h2>
          <a class="button secondary small" href={address} target="_blank" rel="noopener">
            {t('api.open')}
          </a>
        </div>
        {problem !== null && (
          <p class="notice bad" role="alert">
            {problem.message} {problem.hint}
          </p>
        )}
        <ScrollRegion label={t('api.result')} class="result">
          <pre>{result.length > 40_000 ? `${result.slice(0, 40_000)}\n…` : result}</pre>
        </ScrollRegion>
      </div>
      <section class="console-code" aria-labelledby="snippets">
        <div class="row section-head">
          <h2 id="snippets" class="grow">
            {t('api.code')}
          </h2>
          <div class="row segmented">
            {snippetLanguages.map((name) => (
              <button
                key={name}
                type="button"
                class="button secondary small"
                aria-pressed={shown === name}
                onClick={() => setShown(name)}
              >
                {labels[name]}
              </button>
            ))}
          </div>
        </div>
        <ScrollRegion label={labels[shown]}>
          <pre id="snippet">{snippet(shown, address)}</pre>
        </ScrollRegion>
      </section>
    </div>
  )
}

const labels: Readonly<Record<SnippetLanguage, string>> = {
  curl: 'curl',
  python: 'Python',
  r: 'R',
  javascript: 'JavaScript',
}

/** One clause, with a list of what its last word may become (WAI-ARIA combobox). */
function ClauseInput({
  name,
  value,
  language,
  problem,
  onChange,
}: {
  readonly name: Clause
  readonly value: string
  readonly language: QueryLanguage | null
  readonly problem: string | null
  readonly onChange: (value: string) => void
}): VNode {
  const input = useRef<HTMLInputElement>(null)
  const [completion, setCompletion] = useState<Completion | null>(null)
  const [chosen, setChosen] = useState(0)
  const proposals = completion?.proposals ?? []
  const isOpen = proposals.length > 0
  const id = `console-${name}`

  function offer(text: string, caret: number): void {
    setChosen(0)
    setCompletion(language === null ? null : complete(language, name, text, caret))
  }
  function take(index: number): void {
    const proposal = proposals[index]
    const element = input.current
    if (!proposal || !completion || !element) return
    const caret = element.selectionStart ?? value.length
    const next = `${value.slice(0, completion.from)}${proposal.text}${value.slice(caret)}`
    onChange(next)
    setCompletion(null)
    const at = completion.from + proposal.text.length
    requestAnimationFrame(() => {
      element.focus()
      element.setSelectionRange(at, at)
    })
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (!isOpen) return
    const moves: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 }
    const move = moves[event.key]
    if (move !== undefined) setChosen((chosen + move + proposals.length) % proposals.length)
    else if (event.key === 'Enter' || event.key === 'Tab') take(chosen)
    else if (event.key === 'Escape') setCompletion(null)
    else return
    event.preventDefault()
  }

  return (
    <div class="field clause">
      <label for={id}>
        <code>{name}</code>
      </label>
      <input
        ref={input}
        id={id}
        name={`api.${name}`}
        value={value}
        autoComplete="off"
        autoCapitalize="off"
        spellcheck={false}
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-activedescendant={isOpen ? `${id}-${chosen}` : undefined}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        onInput={(event) => {
          onChange(event.currentTarget.value)
          offer(event.currentTarget.value, event.currentTarget.selectionStart ?? 0)
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setTimeout(() => setCompletion(null), 150)}
      />
      <div id={`${id}-list`} class="proposals" role="listbox" aria-label={name} hidden={!isOpen}>
        {proposals.map(({ text, note, kind }, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the input's, as in every combobox.
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the input.
          <div
            key={text}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            class={kind}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => take(index)}
          >
            <code>{text}</code>
            <span class="muted small">{note}</span>
          </div>
        ))}
      </div>
      {problem !== null && (
        <p class="problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  )
}
