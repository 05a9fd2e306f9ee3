/** A text with `{names}`, or two of them between which `count` chooses. */
export type Message = string | { readonly one: string; readonly other: string }
