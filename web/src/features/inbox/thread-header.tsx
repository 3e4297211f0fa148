import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import {
  ArrowLeft,
  Bot,
  CheckCheck,
  Ellipsis,
  Hand,
  Moon,
  PanelRight,
  RotateCcw,
  Sun,
  UserRound,
  UserRoundMinus,
  UserRoundPlus,
} from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useErrorText } from '@/components/api-error'
import { PlatformIcon } from '@/components/platform-icon'
import { Alert } from '@/components/ui/alert'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '@/components/ui/dropdown-menu'
import { IconButton } from '@/components/ui/icon-button'
import { useMediaQuery } from '@/components/ui/use-media-query'
import { useFormat } from '@/lib/format'
import { useHotkey } from '@/lib/hotkeys'
import { useConversationAction } from './actions'
import { membersOptions } from './api'
import { useContactName } from './names'
import { isSnoozed, ownerOf, snoozeChoices } from './rules'
import type { Conversation } from './types'

const SnoozeDialog = lazy(() => import('./snooze-dialog'))

interface Props {
  organizationId: string
  conversation: Conversation
  userId: string
  userName: string
  operator: boolean
  now: number
  /** The contact panel has a place of its own here. */
  panelShown: boolean
  /** The composer offers to take over, right where the answer is written: once is enough. */
  takeOverBelow: boolean
  onTakenOver(): void
}

export function ThreadHeader({
  organizationId,
  conversation,
  userId,
  userName,
  operator,
  now,
  panelShown,
  takeOverBelow,
  onTakenOver,
}: Props) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  const errorText = useErrorText()
  const name = useContactName()(conversation)
  const wide = useMediaQuery('(min-width: 640px)')
  // The list has the page's heading where both are on screen.
  const Title = useMediaQuery('(min-width: 768px)') ? 'h2' : 'h1'
  const action = useConversationAction(organizationId, conversation.id)
  const [snoozing, setSnoozing] = useState(false)
  const ai = ownerOf(conversation, now) === 'ai'
  const closed = conversation.status === 'resolved'
  const snoozed = isSnoozed(conversation, now)
  const pending = (kind: string) => action.isPending && action.variables.kind === kind

  const own = () =>
    action.mutate({ kind: ai ? 'take_over' : 'hand_back' }, { onSuccess: () => ai && onTakenOver() })
  const close = () => action.mutate({ kind: closed ? 'reopen' : 'resolve' })
  const group = t('keys.group')
  useHotkey('t', own, { label: t('keys.take_over'), group, when: operator })
  useHotkey('e', close, { label: t('keys.close'), group, when: operator })

  return (
    <header className="border-b bg-bg">
      <div className="flex items-center gap-1 px-2 py-1.5 sm:px-3">
        <Link
          to="/inbox"
          search
          aria-label={t('back_to_list')}
          className="tap-square inline-flex shrink-0 items-center justify-center rounded-md hover:bg-hover md:hidden"
        >
          <ArrowLeft aria-hidden="true" className="size-5" />
        </Link>
        <div className="min-w-0 flex-1">
          <Title data-thread-title dir="auto" className="truncate text-lg">
            {name}
          </Title>
          <p className="flex min-w-0 items-center gap-1.5 text-muted text-sm">
            <PlatformIcon platform={conversation.platform} named className="size-4" />
            <span className="min-w-0 truncate">{conversation.account_name}</span>
          </p>
        </div>
        {operator && (
          <>
            {ai && !takeOverBelow && (
              <Button
                size="sm"
                pending={pending('take_over')}
                onClick={own}
                icon={wide ? <Hand aria-hidden="true" className="size-4" /> : null}
              >
                {t('take_over')}
              </Button>
            )}
            {!ai && (
              <Button
                size="sm"
                variant="secondary"
                pending={pending('hand_back')}
                onClick={own}
                icon={wide ? <Bot aria-hidden="true" className="size-4" /> : null}
              >
                {t('hand_back')}
              </Button>
            )}
            {wide && (
              <Button
                size="sm"
                variant="secondary"
                onClick={close}
                icon={
                  closed ? (
                    <RotateCcw aria-hidden="true" className="size-4" />
                  ) : (
                    <CheckCheck aria-hidden="true" className="size-4" />
                  )
                }
              >
                {closed ? t('reopen') : t('resolve')}
              </Button>
            )}
          </>
        )}
        {!panelShown && (
          <Link
            to="/inbox/$conversationId/contact"
            params={{ conversationId: conversation.id }}
            search
            aria-label={t('open_contact')}
            title={t('open_contact')}
            className="tap-square inline-flex shrink-0 items-center justify-center rounded-md hover:bg-hover"
          >
            {wide ? (
              <PanelRight aria-hidden="true" className="size-5" />
            ) : (
              <UserRound aria-hidden="true" className="size-5" />
            )}
          </Link>
        )}
        {operator && (
          <Menu
            trigger={
              <IconButton label={t('more_actions')} pending={pending('snooze') || pending('unsnooze')}>
                <Ellipsis aria-hidden="true" />
              </IconButton>
            }
          >
            {!wide && (
              <MenuItem
                icon={closed ? <RotateCcw aria-hidden="true" /> : <CheckCheck aria-hidden="true" />}
                onSelect={close}
              >
                {closed ? t('reopen') : t('resolve')}
              </MenuItem>
            )}
            {snoozed ? (
              <MenuItem
                icon={<Sun aria-hidden="true" />}
                onSelect={() => action.mutate({ kind: 'unsnooze' })}
              >
                {t('unsnooze')}
              </MenuItem>
            ) : null}
            <MenuLabel>{t('snooze')}</MenuLabel>
            {snoozeChoices(now).map(({ id, until }) => (
              <MenuItem
                key={id}
                icon={<Moon aria-hidden="true" />}
                onSelect={() => action.mutate({ kind: 'snooze', until })}
              >
                {t(`snooze_choice.${id}`)}
              </MenuItem>
            ))}
            <MenuItem icon={<Moon aria-hidden="true" />} onSelect={() => setSnoozing(true)}>
              {t('snooze_choice.custom')}
            </MenuItem>
            <MenuSeparator />
            <MenuLabel>{t('assign')}</MenuLabel>
            <AssignItems
              organizationId={organizationId}
              conversation={conversation}
              userId={userId}
              userName={userName}
              onAssign={(member) => action.mutate({ kind: 'assign', member })}
            />
          </Menu>
        )}
      </div>
      <div className="flex flex-wrap items-center gap-1.5 px-3 pb-1.5 empty:hidden">
        <OwnerBadge conversation={conversation} ai={ai} />
        {ai && conversation.needs_human && (
          <Badge tone="warn" icon={<Hand />}>
            {t('needs_human')}
          </Badge>
        )}
        <Badge icon={<UserRound />}>
          {t('owner_words', {
            name: conversation.assignee
              ? conversation.assignee.user_id === userId
                ? t('owner_me')
                : conversation.assignee.name
              : t('assign_nobody'),
          })}
        </Badge>
        {closed && <Badge icon={<CheckCheck />}>{t('closed_mark')}</Badge>}
        {snoozed && conversation.snoozed_until && (
          <Badge tone="info" icon={<Moon />}>
            {t('snoozed_until', { time: format.when(conversation.snoozed_until) })}
          </Badge>
        )}
      </div>
      {action.error && (
        <Alert tone="danger" live="assertive" className="mx-3 mb-2">
          {errorText(action.error)}
        </Alert>
      )}
      {snoozing && (
        <Suspense>
          <SnoozeDialog
            now={now}
            onClose={() => setSnoozing(false)}
            onChoose={async (until) => {
              await action.mutateAsync({ kind: 'snooze', until })
              setSnoozing(false)
            }}
          />
        </Suspense>
      )}
    </header>
  )
}

function OwnerBadge({ conversation, ai }: { conversation: Conversation; ai: boolean }) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  const { state, paused_until, reason } = conversation.ai
  if (ai)
    return (
      <Badge tone="bot" icon={<Bot />}>
        {t('ai_owns')}
      </Badge>
    )
  if (state === 'paused' && paused_until)
    return (
      <Badge tone="brand" icon={<Hand />}>
        {t('ai_paused', { time: format.when(paused_until) })}
      </Badge>
    )
  return (
    <Badge tone={conversation.needs_human ? 'warn' : 'brand'} icon={<Hand />}>
      {reason === 'handoff' ? t('human_owns_handoff') : t('human_owns')}
    </Badge>
  )
}

interface AssignProps {
  organizationId: string
  conversation: Conversation
  userId: string
  userName: string
  onAssign(member: { user_id: string; name: string } | null): void
}

function AssignItems({ organizationId, conversation, userId, userName, onAssign }: AssignProps) {
  const { t } = useTranslation('inbox')
  const members = useQuery(membersOptions(organizationId)).data?.items ?? []
  const current = conversation.assignee_id
  return (
    <>
      {current !== userId && (
        <MenuItem
          icon={<UserRoundPlus aria-hidden="true" />}
          onSelect={() => onAssign({ user_id: userId, name: userName })}
        >
          {t('assign_me')}
        </MenuItem>
      )}
      {members
        .filter(
          (member) => member.user_id !== userId && member.role !== 'viewer' && member.user_id !== current,
        )
        .map((member) => (
          <MenuItem
            key={member.user_id}
            icon={<UserRound aria-hidden="true" />}
            onSelect={() => onAssign({ user_id: member.user_id, name: member.name })}
          >
            {member.name}
          </MenuItem>
        ))}
      {current && (
        <MenuItem icon={<UserRoundMinus aria-hidden="true" />} onSelect={() => onAssign(null)}>
          {t('assign_nobody')}
        </MenuItem>
      )}
    </>
  )
}
