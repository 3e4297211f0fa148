import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Command } from 'cmdk'
import { Building2, CircleUser, Keyboard, Languages, LogOut, MessageSquareText, SunMoon } from 'lucide-react'
import { type ReactNode, useDeferredValue, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { listConversationsOptions } from '@/api/gen/@tanstack/react-query.gen'
import { Dialog } from '@/components/ui/dialog'
import { useErrorText } from '@/lib/errors'
import { type CurrentOrganization, useOrganizations } from '../organization'
import { useLanguage, useTheme } from '../preferences'
import { useUser } from '../session'
import { chooseLanguage, chooseTheme } from '../user-preferences'
import type { placesFor } from './navigation'
import { useSwitchOrganization } from './switch-organization'

interface Props {
  organization: CurrentOrganization | null
  places: ReturnType<typeof placesFor>
  onHelp(): void
  onClose(): void
}

const item =
  'tap flex cursor-pointer items-center gap-3 rounded-md px-3 py-1.5 text-sm data-[selected=true]:bg-hover [&_svg]:size-4 [&_svg]:shrink-0'

/** Everything at one's fingertips: pages, people who wrote, organizations, actions. */
export default function CommandPalette({ organization, places, onHelp, onClose }: Props) {
  const { t } = useTranslation(['shell', 'common'])
  const user = useUser()
  const navigate = useNavigate()
  const organizations = useOrganizations()
  const switchTo = useSwitchOrganization()
  const language = useLanguage()
  const theme = useTheme()
  const [typed, setTyped] = useState('')
  const input = useRef<HTMLInputElement>(null)
  const otherLanguage = language === 'bn' ? 'en' : 'bn'
  const otherTheme = theme === 'dark' ? 'light' : 'dark'

  const run = (action: () => unknown) => () => {
    onClose()
    action()
  }
  const entry = (id: string, icon: ReactNode, text: string, action: () => unknown, lang?: string) => (
    <Command.Item key={id} value={id} keywords={[text]} onSelect={run(action)} className={item}>
      {icon}
      <bdi lang={lang} className="min-w-0 truncate">
        {text}
      </bdi>
    </Command.Item>
  )
  return (
    <Dialog
      open
      initialFocus={input}
      title={t('shell:palette_title')}
      onOpenChange={(open) => !open && onClose()}
    >
      <Command label={t('shell:palette_title')} loop filter={matches}>
        <Command.Input
          ref={input}
          value={typed}
          onValueChange={setTyped}
          placeholder={t('shell:palette_placeholder')}
          className="tap w-full rounded-md border border-line-strong bg-bg px-3 text-base sm:text-sm"
        />
        <Command.List
          label={t('shell:palette_results')}
          className="mt-2 max-h-[55dvh] overflow-y-auto [&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:text-muted [&_[cmdk-group-heading]]:text-sm"
        >
          <Command.Empty className="px-3 py-4 text-muted text-sm">{t('shell:palette_empty')}</Command.Empty>
          {organization && <Conversations organization={organization} typed={typed} onClose={onClose} />}
          <Command.Group heading={t('shell:palette_pages')}>
            {places.map(({ to, text, icon: Icon }) =>
              entry(to, <Icon aria-hidden="true" />, t(`shell:${text}`), () => navigate({ to })),
            )}
            {entry('/profile', <CircleUser aria-hidden="true" />, t('shell:nav_profile'), () =>
              navigate({ to: '/profile' }),
            )}
          </Command.Group>
          {organizations.length > 1 && (
            <Command.Group heading={t('shell:organizations')}>
              {organizations
                .filter(({ id }) => id !== organization?.id)
                .map(({ id, name }) => entry(id, <Building2 aria-hidden="true" />, name, () => switchTo(id)))}
            </Command.Group>
          )}
          <Command.Group heading={t('shell:palette_actions')}>
            {entry(
              'language',
              <Languages aria-hidden="true" />,
              t(`common:language_${otherLanguage}`),
              () => chooseLanguage(otherLanguage),
              otherLanguage,
            )}
            {entry('theme', <SunMoon aria-hidden="true" />, t(`common:theme_to_${otherTheme}`), () =>
              chooseTheme(otherTheme),
            )}
            {entry('help', <Keyboard aria-hidden="true" />, t('shell:shortcuts_title'), onHelp)}
            {entry('sign-out', <LogOut aria-hidden="true" />, `${t('common:sign_out')} (${user.email})`, () =>
              navigate({ to: '/logout' }),
            )}
          </Command.Group>
        </Command.List>
      </Command>
    </Dialog>
  )
}

/** What the server found is always shown; the rest is found by any part of its text. */
function matches(value: string, search: string, keywords: string[] = []): number {
  // The server has chosen them. Pages and actions that fit come first: Enter after a page's name opens the page.
  if (value.startsWith('conversation:')) return 0.5
  const wanted = search.trim().toLocaleLowerCase('en')
  return keywords.some((text) => text.toLocaleLowerCase('en').includes(wanted)) ? 1 : 0
}

const PAUSE_MS = 250

/** The newest conversations, or those that the server finds for what is typed. */
function Conversations({
  organization,
  typed,
  onClose,
}: {
  organization: CurrentOrganization
  typed: string
  onClose(): void
}) {
  const { t } = useTranslation(['shell', 'common'])
  const errorText = useErrorText()
  const navigate = useNavigate()
  const [wanted, setWanted] = useState('')
  const q = useDeferredValue(wanted)
  useEffect(() => {
    const timer = setTimeout(() => setWanted(typed.trim().slice(0, 200)), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [typed])
  const query = useQuery({
    ...listConversationsOptions({
      path: { organization_id: organization.id },
      query: { limit: 5, ...(q ? { q } : {}) },
    }),
    placeholderData: keepPreviousData,
  })
  if (query.isError)
    return (
      <p role="alert" className="px-3 py-2 text-danger text-sm">
        {errorText(query.error)}
      </p>
    )
  // What was found for other words must not be what Enter opens.
  const current = q === typed.trim().slice(0, 200) && !query.isPlaceholderData
  const found = current ? (query.data?.items ?? []) : []
  if (found.length === 0) return null
  return (
    <Command.Group heading={t(q ? 'shell:palette_found' : 'shell:palette_recent')}>
      {found.map(({ id, contact }) => (
        <Command.Item
          key={id}
          value={`conversation:${id}`}
          className={item}
          onSelect={() => {
            onClose()
            void navigate({ to: '/inbox/$conversationId', params: { conversationId: id } })
          }}
        >
          <MessageSquareText aria-hidden="true" />
          <bdi className="min-w-0 truncate">{contact.name || t('common:unnamed_contact')}</bdi>
        </Command.Item>
      ))}
    </Command.Group>
  )
}
