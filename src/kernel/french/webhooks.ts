import { webhookErrors } from '../errors/webhooks.ts'
import { inFrench } from './spec.ts'

export const webhookErrorsInFrench = inFrench(webhookErrors)({
  'webhooks.unknown_webhook': 'Webhook inconnu : {webhook_uid}',
  'webhooks.unknown_delivery': 'Envoi inconnu : {delivery_uid}',
  'webhooks.invalid_url': [
    'Un webhook ne peut pas appeler {url} : {reason}',
    'Utilisez une adresse http:// ou https:// complète d’un hôte public, sans nom d’utilisateur ni mot de passe',
  ],
  'webhooks.unknown_event': ['Il n’y a pas d’événement {event}', 'Choisissez parmi {known}'],
  'webhooks.too_many': ['Un jeu de données a au plus {max} webhooks', 'Supprimez-en un qui ne sert plus'],
})
