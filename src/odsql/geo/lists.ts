/** SQL over lists, with names for what is used more than once: a lambda's argument is computed once. */

/** The value of `body`, in which `name` stands for the value of `value`. */
export function letSql(name: string, value: string, body: string): string {
  return `list_transform([${value}], lambda ${name}: ${body})[1]`
}

export function anySql(list: string, name: string, test: string): string {
  return `len(list_filter(${list}, lambda ${name}: ${test})) > 0`
}

export function eachSql(list: string, name: string, value: string): string {
  return `list_transform(${list}, lambda ${name}: ${value})`
}
