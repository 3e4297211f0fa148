import { useMutation } from '@tanstack/react-query'
import { Volume2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { updateMe } from '@/api/gen/sdk.gen'
import type { Sound, UpdateMe } from '@/api/gen/types.gen'
import { useLanguage, useTheme } from '@/app/preferences'
import { adoptUser, useUser } from '@/app/session'
import { chooseLanguage, chooseTheme } from '@/app/user-preferences'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Switch } from '@/components/ui/checkbox'
import { FormError } from '@/components/ui/form-error'
import { RadioGroup } from '@/components/ui/radio-group'
import { LANGUAGES } from '@/i18n'
import { playSound } from '@/lib/sound'

const THEMES = ['system', 'light', 'dark'] as const
const SOUNDS: readonly Sound[] = ['off', 'mine', 'all']

/** Each choice is stored as it is made. */
export function PreferencesCard() {
  const { t } = useTranslation(['profile', 'common'])
  const user = useUser()
  const theme = useTheme()
  const language = useLanguage()
  const save = useMutation({
    mutationFn: async (body: UpdateMe) => (await updateMe({ body, throwOnError: true })).data,
    onSuccess: adoptUser,
  })
  const wanted = { ...user, ...(save.isPending ? save.variables : {}) }
  return (
    <Card title={t('profile:preferences_title')}>
      <div className="grid gap-5">
        <div className="grid gap-5 sm:grid-cols-2">
          <RadioGroup
            label={t('common:language')}
            options={LANGUAGES.map((value) => ({
              value,
              label: <span lang={value}>{t(`common:language_${value}`)}</span>,
            }))}
            value={language}
            onValueChange={(value) => void chooseLanguage(value)}
          />
          <RadioGroup
            label={t('common:theme')}
            options={THEMES.map((value) => ({ value, label: t(`common:theme_${value}`) }))}
            value={theme}
            onValueChange={(value) => void chooseTheme(value)}
          />
        </div>
        <Switch
          label={t('profile:shortcuts')}
          hint={t('profile:shortcuts_hint')}
          checked={wanted.shortcuts}
          onChange={(event) => save.mutate({ shortcuts: event.target.checked })}
        />
        <div className="grid justify-items-start gap-2">
          <RadioGroup
            label={t('profile:sound')}
            hint={t('profile:sound_hint')}
            options={SOUNDS.map((value) => ({ value, label: t(`profile:sound_${value}`) }))}
            value={wanted.sound}
            onValueChange={(sound) => save.mutate({ sound })}
          />
          <Button
            variant="secondary"
            size="sm"
            icon={<Volume2 aria-hidden="true" className="size-4" />}
            onClick={() => void playSound()}
          >
            {t('profile:sound_test')}
          </Button>
        </div>
        <FormError error={save.error} />
      </div>
    </Card>
  )
}
