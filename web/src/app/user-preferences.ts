import { updateMe } from '@/api/gen/sdk.gen'
import type { UpdateMe } from '@/api/gen/types.gen'
import { toast } from '@/components/ui/toast'
import i18n, { type Language } from '@/i18n'
import { setLanguage, setTheme, type Theme } from './preferences'
import { adoptUser, getSession } from './session'

/** Stores a choice on the user. Out of reach, it still holds in this browser until the next sign-in. */
async function store(change: UpdateMe) {
  if (getSession().status !== 'signed_in') return
  const { data } = await updateMe({ body: change })
  if (data) adoptUser(data)
}

/** Switches the language here at once, and for the signed-in user everywhere. */
export async function chooseLanguage(language: Language) {
  try {
    await setLanguage(language)
  } catch {
    toast.error(i18n.t('errors:network'))
    return
  }
  await store({ language })
}

export async function chooseTheme(theme: Theme) {
  setTheme(theme)
  await store({ theme })
}
