/**
 * Whether a document begins as SVG does: after an XML declaration, comments and a document type without declarations of
 * its own. A comment ends at its first `-->`, in the pattern too: text of many comments is read once, not in every way
 * that they could be told apart.
 */
export function beginsAsSvg(text: string): boolean {
  return /^\uFEFF?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*(?:<!DOCTYPE svg[^>[]*>\s*)?<svg[\s>]/s.test(
    text,
  )
}
