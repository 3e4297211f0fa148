export type {
  ContactDetails as Contact,
  ConversationView as Conversation,
  MessageView as Message,
} from '@/api/gen/types.gen'
