/**
 * The objects that answers hold, for the OpenAPI document. They describe and never serialize: answers are written as
 * they are (records are assembled from texts), and tests hold them against these schemas.
 * Sources: management API sections 2 to 19, automation API, explore API sections 1 to 3.
 */
import { type TSchema, Type } from 'typebox'
import { accessObjects } from './access-objects.ts'
import { accountObjects } from './account-objects.ts'
import { automationObjects } from './automation-objects.ts'
import { diffObjects } from './diff-objects.ts'
import { exploreObjects } from './explore-objects.ts'
import { jobObjects } from './job-objects.ts'
import { managementObjects } from './management-objects.ts'
import { sourceObjects } from './source-objects.ts'
import { surfaceObjects } from './surface-objects.ts'

export const objects = {
  ...jobObjects,
  ...accountObjects,
  ...managementObjects,
  ...diffObjects,
  ...sourceObjects,
  ...accessObjects,
  ...surfaceObjects,
  ...automationObjects,
  ...exploreObjects,
  Health: Type.Object({ status: Type.String() }),
} satisfies Record<string, TSchema>

export type ObjectName = keyof typeof objects
