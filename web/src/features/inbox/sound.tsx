/** A short sound when a customer writes and nobody is looking: the user's own choice, off at first. */
import { useMutation } from '@tanstack/react-query'
import { Bell, BellOff } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { updateMeMutation } from '@/api/gen/@tanstack/react-query.gen'
import type { UserView } from '@/api/gen/types.gen'
import { adoptUser, useUser } from '@/app/session'
import { Button } from '@/components/ui/button'
import {
  Menu,
  MenuItem,
  MenuLabel,
  MenuRadioGroup,
  MenuRadioItem,
  MenuSeparator,
} from '@/components/ui/dropdown-menu'
import { IconButton } from '@/components/ui/icon-button'
import { toast } from '@/components/ui/toast'
import { playSound } from '@/lib/sound'

const SOUNDS = ['off', 'mine', 'all'] as const
export type Sound = (typeof SOUNDS)[number]

const ASKED_KEY = 'banglachat.sound_asked'

export function soundOf(user: UserView): Sound {
  return SOUNDS.find((one) => one === user.sound) ?? 'off'
}

function useSetSound() {
  const { t } = useTranslation('inbox')
  const { mutate } = useMutation({
    ...updateMeMutation(),
    onSuccess: adoptUser,
    onError: () => toast.error(t('sound.failed')),
  })
  return (sound: Sound) => mutate({ body: { sound } })
}

function wasAsked(): boolean {
  try {
    return localStorage.getItem(ASKED_KEY) !== null
  } catch {
    return true
  }
}

function rememberAsked() {
  try {
    localStorage.setItem(ASKED_KEY, '1')
  } catch {
    // Without storage it is not asked at all.
  }
}

export function SoundMenu() {
  const { t } = useTranslation('inbox')
  const sound = soundOf(useUser())
  const setSound = useSetSound()
  return (
    <Menu
      trigger={
        <IconButton label={t('sound.button')}>
          {sound === 'off' ? <BellOff aria-hidden="true" /> : <Bell aria-hidden="true" />}
        </IconButton>
      }
    >
      <MenuLabel>{t('sound.button')}</MenuLabel>
      <MenuRadioGroup
        value={sound}
        onValueChange={(value) => {
          rememberAsked()
          const chosen = SOUNDS.find((one) => one === value)
          if (chosen) setSound(chosen)
        }}
      >
        {SOUNDS.map((one) => (
          <MenuRadioItem key={one} value={one}>
            {t(`sound.${one}`)}
          </MenuRadioItem>
        ))}
      </MenuRadioGroup>
      <MenuSeparator />
      <MenuItem
        icon={<Bell aria-hidden="true" />}
        onSelect={(event) => {
          event.preventDefault()
          void playSound()
        }}
      >
        {t('sound.test')}
      </MenuItem>
    </Menu>
  )
}

/** Asked once per browser, as long as nothing is chosen. */
export function SoundQuestion() {
  const { t } = useTranslation('inbox')
  const sound = soundOf(useUser())
  const setSound = useSetSound()
  const [asked, setAsked] = useState(wasAsked)
  if (asked || sound !== 'off') return null
  const answer = (chosen: Sound | null) => {
    rememberAsked()
    setAsked(true)
    if (chosen) {
      setSound(chosen)
      void playSound()
    }
  }
  return (
    <div className="border-b bg-panel px-3 py-2 text-sm">
      <p className="font-semibold">{t('sound.ask_title')}</p>
      <p className="text-muted">{t('sound.ask_text')}</p>
      <div className="mt-1 flex flex-wrap gap-2">
        <Button size="sm" variant="secondary" onClick={() => answer('mine')}>
          {t('sound.ask_yes')}
        </Button>
        <Button size="sm" variant="ghost" onClick={() => answer(null)}>
          {t('sound.ask_no')}
        </Button>
      </div>
    </div>
  )
}
