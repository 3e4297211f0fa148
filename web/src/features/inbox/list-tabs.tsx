import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'
import { useFormat } from '@/lib/format'
import { countsOptions } from './api'
import { DEFAULT_TAB, type InboxSearch, TABS, type Tab } from './search'

/** The server counts to this and no further. */
const COUNTED = 1000

interface Props {
  organizationId: string
  search: InboxSearch
  tab: Tab
  /** Stays open beside the list. */
  openId: string | undefined
}

/** The tabs as links: each is a place of its own, Back works. Counts come from the server, never from loaded rows. */
export function ListTabs({ organizationId, search, tab, openId }: Props) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  const { data: counts } = useQuery(countsOptions(organizationId, search))
  const list = useRef<HTMLUListElement>(null)
  const counted = counts !== undefined
  // biome-ignore lint/correctness/useExhaustiveDependencies: the counts make the tabs wider
  useEffect(() => {
    const current = list.current?.querySelector<HTMLElement>(`[data-tab="${tab}"]`)
    if (!list.current || !current) return
    const { offsetLeft, offsetWidth } = current
    const { scrollLeft, clientWidth } = list.current
    if (offsetLeft < scrollLeft || offsetLeft + offsetWidth > scrollLeft + clientWidth)
      list.current.scrollLeft = offsetLeft - clientWidth / 2 + offsetWidth / 2
  }, [tab, counted])
  return (
    <nav aria-label={t('tabs_label')} className="border-b">
      <ul ref={list} className="relative flex overflow-x-auto px-1 [scrollbar-width:none]">
        {TABS.map((one) => {
          const count = counts?.[one]
          const number = format.number(count)
          const shown = count !== undefined && count >= COUNTED ? t('or_more', { number }) : number
          return (
            <li key={one} className="shrink-0">
              <Link
                to={openId ? '/inbox/$conversationId' : '/inbox'}
                params={openId ? { conversationId: openId } : {}}
                search={{ ...search, tab: one === DEFAULT_TAB ? undefined : one }}
                data-tab={one}
                activeOptions={{ includeSearch: false, exact: true }}
                preload={false}
                activeProps={{ 'aria-current': undefined }}
                aria-current={one === tab ? 'page' : undefined}
                className={cn(
                  'tap -mb-px flex items-center gap-1.5 border-b-2 px-2.5 text-sm no-underline outline-offset-[-2px] hover:text-fg',
                  one === tab ? 'border-brand font-semibold text-fg' : 'border-transparent text-muted',
                )}
              >
                {t(`tab.${one}`)}
                {count !== undefined && (
                  <>
                    <span aria-hidden="true" className="rounded-full bg-hover px-1.5 text-fg text-sm">
                      {shown}
                    </span>
                    <span className="sr-only">{t('count_words', { count, number: shown })}</span>
                  </>
                )}
              </Link>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}
