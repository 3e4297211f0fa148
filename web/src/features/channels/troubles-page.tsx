export function TroublesPage() {
  return null
}
