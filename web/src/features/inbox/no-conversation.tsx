export function NoConversation() {
  return null
}
