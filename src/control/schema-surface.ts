/** Tables of what datasets are shown with: attached files, metadata templates, pages, images. */
/** Attachments and alternative exports of a dataset, as its editors see them. */
export interface AttachedFilesTable {
  /** `at_...` or `ae_...` */
  attached_uid: string
  dataset_uid: string
  /** attachment, alternative_export */
  kind: string
  position: number
  title: string
  description: string
  /** `odsfile://<file_id>`, or the address of an alternative export that is elsewhere. */
  url: string
  /** These four: null for what is elsewhere. */
  filename: string | null
  mimetype: string | null
  bytes: number | null
  /** Names the blob. */
  sha256: string | null
  created_at: number
  updated_at: number
}

/** Blobs that a dataset's attached files name, now or in its publication, versions and history. */
export interface AttachedBlobsTable {
  dataset_uid: string
  sha256: string
  bytes: number
}

/** Metadata templates that somebody made, and what somebody changed of the system's. */
export interface MetadataTemplatesTable {
  name: string
  /** basic, admin; of the system's interop too */
  type: string
  title: string
  is_active: number
  /** Null: as the system has them. */
  fields_json: string | null
  created_at: number
  created_by: string
  updated_at: number
  updated_by: string
}

export interface PagesTable {
  slug: string
  /** `{language: text}` */
  title_json: string
  description: string
  template: string
  /** `{html: {language: text}, css: {language: text}}`, as written: cleaned when it is served. */
  content_json: string
  tags_json: string
  is_restricted: number
  is_archived: number
  created_at: number
  author: string
  last_modified_at: number
  last_modified_by: string
}

/** Rights on one page. */
export interface PageRightsTable {
  slug: string
  /** user, group */
  subject_kind: string
  subject: string
  permissions_json: string
  created_at: number
  updated_at: number
}

/** Images of pages and of the theme. */
export interface ImagesTable {
  /** `im_...` */
  image_uid: string
  filename: string
  mimetype: string
  bytes: number
  sha256: string
  created_at: number
  username: string
}
