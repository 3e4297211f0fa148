import { getRouteApi } from '@tanstack/react-router'
import { Plus, Upload } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useOrganization } from '@/app/organization'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { PageHeader } from '@/components/ui/page-header'
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs'
import type { EntryDraft } from './entry-form'
import { EntryList } from './entry-list'
import { TestSearch } from './test-search'
import { UnansweredList } from './unanswered-list'

const EntryDialog = lazy(() => import('./entry-dialog'))
const ImportDialog = lazy(() => import('./import-dialog'))
const route = getRouteApi('/_app/knowledge')
const TABS = ['entries', 'unanswered', 'test'] as const
type Tab = (typeof TABS)[number]

/** What the AI knows, what it was asked and did not know, and a look at what it would find. */
export function KnowledgePage() {
  const { t } = useTranslation('knowledge')
  const organization = useOrganization()
  const { tab } = route.useSearch()
  const navigate = route.useNavigate()
  const [draft, setDraft] = useState<EntryDraft | null>(null)
  const [importing, setImporting] = useState(false)
  const mayWrite = organization.can('operator')
  const shown: Tab = TABS.find((known) => known === tab) ?? 'entries'
  const create = (
    <Button icon={<Plus aria-hidden="true" className="size-4" />} onClick={() => setDraft({})}>
      {t('new')}
    </Button>
  )
  return (
    <div className="mx-auto grid w-full max-w-5xl gap-4">
      <PageHeader
        title={t('title')}
        description={t('subtitle')}
        actions={
          mayWrite ? (
            <>
              <Button
                variant="secondary"
                icon={<Upload aria-hidden="true" className="size-4" />}
                onClick={() => setImporting(true)}
              >
                {t('import')}
              </Button>
              {create}
            </>
          ) : null
        }
      />
      {mayWrite ? null : <Alert>{t('read_only')}</Alert>}
      <Tabs<Tab>
        value={shown}
        onValueChange={(next) => void navigate({ search: { tab: next }, replace: true })}
      >
        <TabsList label={t('title')}>
          {TABS.map((name) => (
            <TabsTrigger key={name} value={name}>
              {t(`tab_${name}`)}
            </TabsTrigger>
          ))}
        </TabsList>
        <TabsContent value="entries">
          <EntryList onEdit={(entry) => setDraft({ entry })} action={mayWrite ? create : null} />
        </TabsContent>
        <TabsContent value="unanswered">
          <UnansweredList onMakeEntry={(question) => setDraft({ question })} />
        </TabsContent>
        <TabsContent value="test">
          <TestSearch />
        </TabsContent>
      </Tabs>
      <Suspense>
        {draft ? <EntryDialog draft={draft} onClose={() => setDraft(null)} /> : null}
        {importing ? <ImportDialog onClose={() => setImporting(false)} /> : null}
      </Suspense>
    </div>
  )
}
