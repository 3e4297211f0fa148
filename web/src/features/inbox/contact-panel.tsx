import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Bot, Pencil } from 'lucide-react'
import { type ReactNode, useId, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { updateContact } from '@/api/gen/sdk.gen'
import { ActionError, QueryError } from '@/components/api-error'
import { isPlatform, PlatformIcon } from '@/components/platform-icon'
import { Avatar } from '@/components/ui/avatar'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { CopyButton } from '@/components/ui/copy-button'
import { Field } from '@/components/ui/field'
import { IconButton } from '@/components/ui/icon-button'
import { Input } from '@/components/ui/input'
import { SkeletonLines } from '@/components/ui/skeleton'
import { Time } from '@/components/ui/time'
import { useFormat } from '@/lib/format'
import { contactOptions, messagesOptions } from './api'
import { inOrder } from './cache'
import { MessageText } from './message-text'
import { kindName, useContactName } from './names'
import { ownerOf } from './rules'
import type { Contact, Conversation } from './types'

interface Props {
  organizationId: string
  conversation: Conversation
  userId: string
  operator: boolean
  now: number
}

/** Who the customer is: name, channels, other conversations, the team's notes, and what the AI did. */
export function ContactPanel({ organizationId, conversation, userId, operator, now }: Props) {
  const query = useQuery(contactOptions(organizationId, conversation.contact.id))
  if (query.isPending) return <SkeletonLines count={8} className="p-4" />
  if (!query.data)
    return <QueryError error={query.error} pending={query.isFetching} onRetry={() => void query.refetch()} />
  return (
    <div className="grid min-w-0 gap-5 p-4">
      <Profile organizationId={organizationId} contact={query.data} operator={operator} />
      <Channels contact={query.data} />
      <OtherConversations contact={query.data} currentId={conversation.id} />
      <FromThread organizationId={organizationId} conversation={conversation} userId={userId} now={now} />
    </div>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="grid min-w-0 gap-2">
      <h2 id={id} className="text-base">
        {title}
      </h2>
      {children}
    </section>
  )
}

interface ProfileProps {
  organizationId: string
  contact: Contact
  operator: boolean
}

function Profile({ organizationId, contact, operator }: ProfileProps) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  const queryClient = useQueryClient()
  const name = useContactName()({ contact })
  const [editing, setEditing] = useState<string | null>(null)
  const [missing, setMissing] = useState(false)
  const rename = useMutation({
    mutationFn: async (name: string) => {
      const path = { organization_id: organizationId, contact_id: contact.id }
      const { data } = await updateContact({ path, body: { name }, throwOnError: true })
      return data
    },
    onSuccess: (fresh) => {
      queryClient.setQueryData(contactOptions(organizationId, contact.id).queryKey, fresh)
      setEditing(null)
      // The name stands in the list and above the thread; the server tells where.
      void queryClient.invalidateQueries({
        predicate: ({ queryKey }) => (queryKey[0] as { _id?: string } | undefined)?._id === 'getConversation',
      })
    },
  })
  return (
    <div className="grid gap-3">
      <div className="flex items-center gap-3">
        <Avatar name={name} size="lg" />
        <p dir="auto" className="min-w-0 flex-1 break-words font-semibold text-lg">
          {name}
        </p>
        {operator && editing === null && (
          <IconButton label={t('contact.edit_name')} onClick={() => setEditing(contact.name ?? '')}>
            <Pencil aria-hidden="true" />
          </IconButton>
        )}
      </div>
      {editing !== null && (
        <form
          className="grid gap-2"
          onSubmit={(event) => {
            event.preventDefault()
            const next = editing.trim()
            if (next) rename.mutate(next)
            else setMissing(true)
          }}
        >
          <Field label={t('contact.name')} error={missing ? t('contact.name_missing') : undefined}>
            <Input
              autoFocus
              dir="auto"
              value={editing}
              maxLength={200}
              onChange={(event) => {
                setEditing(event.target.value)
                setMissing(false)
              }}
            />
          </Field>
          <ActionError error={rename.error} />
          <div className="flex flex-wrap justify-end gap-2">
            <Button size="sm" variant="secondary" onClick={() => setEditing(null)}>
              {t('contact.cancel')}
            </Button>
            <Button size="sm" type="submit" pending={rename.isPending}>
              {t('contact.save')}
            </Button>
          </div>
        </form>
      )}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        <dt className="text-muted">{t('contact.since')}</dt>
        <dd>
          <Time value={contact.first_seen_at} as="date" />
        </dd>
        <dt className="text-muted">{t('contact.messages')}</dt>
        <dd>{format.number(contact.messages_total)}</dd>
      </dl>
    </div>
  )
}

const IDS = ['psid', 'user_ref', 'igsid', 'commenter', 'wa_id', 'bsuid'] as const

function Channels({ contact }: { contact: Contact }) {
  const { t } = useTranslation('inbox')
  return (
    <Section title={t('contact.channels')}>
      <ul className="grid gap-2">
        {contact.identities.map((identity) => {
          const kind = IDS.find((one) => one === identity.kind)
          const label = kind ? t(`contact.ids.${kind}`) : identity.kind
          return (
            <li
              key={`${identity.account_id} ${identity.kind} ${identity.value}`}
              className="flex items-center gap-2"
            >
              {isPlatform(identity.platform) && <PlatformIcon platform={identity.platform} named />}
              <span className="min-w-0 flex-1 text-sm">
                <span className="block truncate">{identity.account_name}</span>
                <span className="block break-all text-muted">
                  {label}: <bdi>{identity.value}</bdi>
                </span>
              </span>
              <CopyButton iconOnly value={identity.value} label={t('contact.copy_id')} />
            </li>
          )
        })}
      </ul>
    </Section>
  )
}

function OtherConversations({ contact, currentId }: { contact: Contact; currentId: string }) {
  const { t } = useTranslation('inbox')
  const others = contact.conversations.filter((one) => one.id !== currentId)
  return (
    <Section title={t('contact.conversations')}>
      {others.length === 0 && <p className="text-muted text-sm">{t('contact.only_this')}</p>}
      <ul className="grid gap-1">
        {others.map((one) => (
          <li key={one.id}>
            <Link
              to="/inbox/$conversationId"
              params={{ conversationId: one.id }}
              search
              className="tap flex items-center gap-2 rounded-md border px-3 py-2 no-underline hover:bg-hover"
            >
              <PlatformIcon platform={one.platform} named className="size-4" />
              <span dir="auto" className="min-w-0 flex-1 truncate text-sm">
                {one.last_message?.text ??
                  (one.last_message ? kindName(t, one.last_message.kind) : t('no_message'))}
              </span>
              {one.status === 'resolved' && <Badge>{t('closed_mark')}</Badge>}
              <Time value={one.last_message_at} className="shrink-0 text-muted text-xs" />
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}

interface FromThreadProps {
  organizationId: string
  conversation: Conversation
  userId: string
  now: number
}

/** Notes and the AI's last answer, from the messages that are loaded; nothing is asked for twice. */
function FromThread({ organizationId, conversation, userId, now }: FromThreadProps) {
  const { t } = useTranslation('inbox')
  // Never asks by itself: the thread beside it does.
  const { data } = useInfiniteQuery({ ...messagesOptions(organizationId, conversation.id), enabled: false })
  const messages = useMemo(() => inOrder(data), [data])
  const notes = messages
    .filter((message) => message.author === 'note')
    .slice(-5)
    .reverse()
  const answer = messages.findLast((message) => message.author === 'agent')
  const ai = ownerOf(conversation, now) === 'ai'
  return (
    <>
      <Section title={t('contact.notes')}>
        {notes.length === 0 && <p className="text-muted text-sm">{t('contact.no_notes')}</p>}
        <ul className="grid gap-2">
          {notes.map((note) => (
            <li key={note.id} className="grid gap-1 rounded-lg bg-note-soft px-3 py-2">
              <p className="text-muted text-sm">
                {note.author_user_id === userId ? t('by_you') : (note.author_name ?? t('by_member'))} ·{' '}
                <Time value={note.ordered_at} />
              </p>
              <MessageText text={note.text ?? ''} />
            </li>
          ))}
        </ul>
      </Section>
      <Section title={t('contact.ai')}>
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
          <dt className="text-muted">{t('contact.ai_state')}</dt>
          <dd>
            <Badge tone={ai ? 'bot' : 'neutral'} icon={<Bot />}>
              {ai ? t('ai_owns') : t('owner_paused')}
            </Badge>
          </dd>
          <dt className="text-muted">{t('contact.ai_agent')}</dt>
          <dd>
            {answer ? (
              <>
                {answer.agent_id ? (
                  <Link
                    to="/agents/$agentId"
                    params={{ agentId: answer.agent_id }}
                    className="text-info underline"
                  >
                    {answer.author_name ?? t('by_ai')}
                  </Link>
                ) : (
                  (answer.author_name ?? t('by_ai'))
                )}
                {answer.agent_version != null && (
                  <span className="text-muted">
                    {' '}
                    ({t('contact.ai_version', { version: String(answer.agent_version) })})
                  </span>
                )}
              </>
            ) : (
              <span className="text-muted">{t('contact.ai_none')}</span>
            )}
          </dd>
        </dl>
      </Section>
    </>
  )
}
