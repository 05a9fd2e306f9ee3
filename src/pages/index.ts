export { cleanContent } from './clean-content.ts'
export {
  addImage,
  countImages,
  deleteImage,
  findImage,
  type ImageDeps,
  invalidImage,
  listImages,
  maxImageBytes,
  requireImageRight,
} from './images.ts'
export {
  deletePageRight,
  findPageRight,
  listPageRights,
  type PageRight,
  type SubjectKind,
  writePageRight,
} from './page-security.ts'
export {
  changePage,
  createPage,
  deletePages,
  findPage,
  listPages,
  type Page,
  type PageDeps,
  type SentPage,
} from './pages.ts'
