import { defineErrors } from './spec.ts'

export const pagesErrors = defineErrors({
  'pages.unknown_page': {
    status: 404,
    errorKey: 'UnknownPageException',
    exploreCode: 'PageNotFound',
    message: 'Unknown page: {slug}',
  },
  'pages.slug_taken': {
    status: 400,
    errorKey: 'PageSlugTakenException',
    message: 'There is a page {slug} already',
  },
  'pages.invalid_page': {
    status: 400,
    errorKey: 'InvalidPageException',
    message: 'A page cannot have this {property}: {expected}',
  },
  'pages.too_many_pages': {
    status: 400,
    errorKey: 'TooManyPagesException',
    message: 'There are at most {max} pages',
  },
  'pages.unknown_page_right': {
    status: 404,
    errorKey: 'UnknownRulesetException',
    message: '{subject} has no right of its own on the page',
  },
  'pages.page_right_taken': {
    status: 400,
    errorKey: 'RulesetTakenException',
    message: '{subject} has a right on the page already',
    hint: 'Change it with PUT',
  },
  'pages.unknown_subject': {
    status: 400,
    errorKey: 'UnknownSubjectException',
    message: 'There is no user or group {subject}',
  },
  'pages.unknown_image': {
    status: 404,
    errorKey: 'UnknownImageException',
    exploreCode: 'ImageNotFound',
    message: 'Unknown image: {image_uid}',
  },
  'pages.invalid_image': {
    status: 400,
    errorKey: 'InvalidImageException',
    message: 'This is no image of a kind that browsers show, or larger than {max_bytes} bytes',
    hint: 'Use PNG, JPEG, GIF, WebP, AVIF, SVG or ICO',
  },
})
