import { Link } from '@tanstack/react-router'
import { Bot, MessageCircle, Timer, UserRound } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { TodayView } from '@/api/gen/types.gen'
import { useFormat } from '@/lib/format'

/** Today's figures; the one that wants a deed stands first. */
export function TodayCards({ today }: { today: TodayView }) {
  const { t } = useTranslation('home')
  const format = useFormat()
  const waiting = today.waiting_for_human
  return (
    <section aria-label={t('today')} className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
      <Figure
        icon={<UserRound aria-hidden="true" />}
        label={t('waiting')}
        value={format.number(waiting)}
        tone={waiting > 0 ? 'text-warn' : undefined}
      >
        {waiting > 0 ? (
          <Link
            to="/inbox"
            search={{ tab: 'needs_human' }}
            className="inline-flex min-h-10 items-center font-semibold text-brand underline"
          >
            {t('waiting_open')}
          </Link>
        ) : (
          t('waiting_none')
        )}
      </Figure>
      <Figure
        icon={<MessageCircle aria-hidden="true" />}
        label={t('conversations')}
        value={format.number(today.conversations)}
      >
        {t('customer_messages')}: {format.number(today.customer_messages)}
      </Figure>
      <Figure
        icon={<Bot aria-hidden="true" />}
        label={t('ai_share')}
        value={today.ai_share == null ? '–' : format.percent(today.ai_share, 0)}
      >
        {today.ai_share == null
          ? t('ai_share_none')
          : t('ai_share_detail', {
              ai: format.number(today.ai_answers),
              human: format.number(today.human_answers),
            })}
      </Figure>
      <Figure
        icon={<Timer aria-hidden="true" />}
        label={t('first_response')}
        value={format.duration(today.first_response_seconds_median)}
      >
        {today.first_response_seconds_median == null ? t('ai_share_none') : t('first_response_detail')}
      </Figure>
    </section>
  )
}

interface FigureProps {
  icon: ReactNode
  label: string
  value: string
  tone?: string
  children: ReactNode
}

function Figure({ icon, label, value, tone, children }: FigureProps) {
  return (
    <div className="grid content-start gap-1 rounded-lg border border-line bg-raised p-4">
      <h2 className="flex items-center gap-2 font-normal text-muted text-sm [&_svg]:size-4">
        {icon}
        {label}
      </h2>
      <p className={`font-semibold text-2xl ${tone ?? ''}`}>{value}</p>
      <div className="text-muted text-sm">{children}</div>
    </div>
  )
}
