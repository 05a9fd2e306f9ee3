/** The same question in the languages that people ask it in. */

export const snippetLanguages = ['curl', 'python', 'r', 'javascript'] as const
export type SnippetLanguage = (typeof snippetLanguages)[number]

/** `address`: complete, with its query. */
export function snippet(language: SnippetLanguage, address: string): string {
  const url = new URL(address)
  const base = `${url.origin}${url.pathname}`
  const params = [...url.searchParams]
  const text = (value: string) => JSON.stringify(value)
  switch (language) {
    case 'curl':
      return [
        'curl -G',
        ...[
          base,
          ...params.map(
            ([name, value]) => `--data-urlencode '${`${name}=${value}`.replaceAll("'", "'\\''")}'`,
          ),
        ],
      ].join(' \\\n  ')
    case 'python':
      return `import requests

answer = requests.get(
    ${text(base)},
    params=[
${params.map(([name, value]) => `        (${text(name)}, ${text(value)}),`).join('\n')}
    ],
)
answer.raise_for_status()
records = answer.json()["results"]`
    case 'r':
      return `library(httr2)

records <- request(${text(base)}) |>
  req_url_query(
${params.map(([name, value]) => `    \`${name}\` = ${text(value)}`).join(',\n')}
  ) |>
  req_perform() |>
  resp_body_json(simplifyVector = TRUE)`
    case 'javascript':
      return `const address = new URL(${text(base)})
address.search = new URLSearchParams([
${params.map(([name, value]) => `  [${text(name)}, ${text(value)}],`).join('\n')}
])
const { results } = await (await fetch(address)).json()`
  }
}
