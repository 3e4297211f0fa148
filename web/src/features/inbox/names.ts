/** Words for people, kinds and states, in the language on screen. */
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Conversation, Message } from './types'

export type InboxT = TFunction<'inbox'>

const KINDS = [
  'text',
  'image',
  'audio',
  'video',
  'file',
  'sticker',
  'location',
  'contacts',
  'choice',
  'form',
  'order',
  'share',
  'story_mention',
  'comment',
] as const

export function kindName(t: InboxT, kind: string): string {
  const known = KINDS.find((one) => one === kind)
  return known ? t(`kind.${known}`) : t('kind.unsupported')
}

export function useContactName(): (conversation: Pick<Conversation, 'contact'>) => string {
  const { t } = useTranslation('common')
  return ({ contact }) => contact.name?.trim() || t('unnamed_contact')
}

/** Who wrote a message, as people call them. */
export function authorName(t: InboxT, message: Message, userId: string, contactName: string): string {
  switch (message.author) {
    case 'customer':
      return contactName
    case 'agent':
      return message.author_name ? t('by_ai_named', { name: message.author_name }) : t('by_ai')
    case 'note':
      return message.author_user_id === userId
        ? t('by_note_you')
        : t('by_note', { name: message.author_name ?? t('by_member') })
    case 'human':
      if (message.author_user_id === userId) return t('by_you')
      return message.author_name ?? (message.author_user_id ? t('by_member') : t('elsewhere'))
    default:
      return t('by_platform')
  }
}
