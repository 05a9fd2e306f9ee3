import type { VNode } from 'preact'
import { markFound, type Word } from '../../shared/words.ts'

/** A text with the terms marked that answer the words of a search. */
export function Found({ text, words }: { readonly text: string; readonly words: readonly Word[] }): VNode {
  return (
    <>
      {markFound(text, words).map((piece, index) =>
        piece.isFound ? <mark key={index}>{piece.text}</mark> : piece.text,
      )}
    </>
  )
}
