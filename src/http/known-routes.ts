/** Which methods an address has, to tell a wrong method (405) from a wrong address (404). */
export interface KnownRoutes {
  add(url: string, methods: readonly string[]): void
  methodsOf(path: string): string[]
}

export function createKnownRoutes(): KnownRoutes {
  const routes: { readonly segments: readonly string[]; readonly methods: readonly string[] }[] = []
  const split = (path: string) => path.split('/').filter((segment) => segment !== '')
  return {
    add: (url, methods) => {
      routes.push({ segments: split(url), methods })
    },
    methodsOf(path) {
      const segments = split(path)
      const fits = (pattern: readonly string[]) =>
        pattern.length === segments.length &&
        pattern.every((segment, index) =>
          // A parameter may have an ending: `:y.mvt`.
          segment.startsWith(':')
            ? segments[index]!.endsWith(segment.replace(/^:\w+/, ''))
            : segment === segments[index],
        )
      const found = routes.filter((route) => fits(route.segments)).flatMap((route) => route.methods)
      return [...new Set(found)].sort()
    },
  }
}
