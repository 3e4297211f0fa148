import { clearDrafts } from '@/lib/drafts'

/** What a person leaves in the browser goes with them: the next one at this phone must not read it. */
export async function clearAllDrafts(userId: string) {
  try {
    await clearDrafts(userId)
  } catch {
    // A browser without storage has nothing to forget.
  }
}
