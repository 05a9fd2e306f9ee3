import { subscriptionErrors } from '../errors/subscriptions.ts'
import { inFrench } from './spec.ts'

export const subscriptionErrorsInFrench = inFrench(subscriptionErrors)({
  'subscriptions.mail_off': [
    'Ce serveur n’envoie pas de courriels',
    'Suivez plutôt le flux du jeu de données',
  ],
  'subscriptions.feedback_off': [
    'Les lecteurs ne peuvent pas écrire aux producteurs ici',
    'Les réglages du domaine le permettent : feedback',
  ],
  'subscriptions.feedback_full':
    'Le producteur a déjà {max} messages à traiter sur ce jeu de données ; aucun autre n’est accepté',
  'subscriptions.bad_link': [
    'Ce lien n’est pas des nôtres, ou n’est pas entier',
    'Copiez-le en entier depuis le courriel',
  ],
  'subscriptions.unknown_subscription': 'Abonnement inconnu : {subscription_uid}',
})
