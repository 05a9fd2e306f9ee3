import type { portal as en } from '../en/portal.ts'
import type { Message } from '../message.ts'

export const portal: Readonly<Record<keyof typeof en, Message>> = {
  'home.title': 'Données ouvertes',
  'home.lead': 'Trouvez, comprenez et réutilisez les données publiées ici.',
}
