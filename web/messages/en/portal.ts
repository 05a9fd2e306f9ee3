import type { Message } from '../message.ts'

/** What the portal says to readers. */
export const portal = {
  'home.title': 'Open data',
  'home.lead': 'Find, understand and reuse the data published here.',
} satisfies Record<string, Message>
