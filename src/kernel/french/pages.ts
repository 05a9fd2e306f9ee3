import { pagesErrors } from '../errors/pages.ts'
import { inFrench } from './spec.ts'

export const pagesErrorsInFrench = inFrench(pagesErrors)({
  'pages.unknown_page': 'Page inconnue : {slug}',
  'pages.slug_taken': 'Il y a déjà une page {slug}',
  'pages.invalid_page': 'Une page ne peut pas avoir cette valeur de {property} : {expected}',
  'pages.too_many_pages': 'Il y a au plus {max} pages',
  'pages.unknown_page_right': '{subject} n’a pas de droit propre sur la page',
  'pages.page_right_taken': ['{subject} a déjà un droit sur la page', 'Modifiez-le avec PUT'],
  'pages.unknown_subject': 'Il n’y a ni utilisateur ni groupe {subject}',
  'pages.unknown_image': 'Image inconnue : {image_uid}',
  'pages.invalid_image': [
    'Ce n’est pas une image que les navigateurs affichent, ou elle dépasse {max_bytes} octets',
    'Utilisez PNG, JPEG, GIF, WebP, AVIF, SVG ou ICO',
  ],
})
