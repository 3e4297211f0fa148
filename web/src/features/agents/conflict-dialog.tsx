import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionError } from '@/components/api-error'
import { Button } from '@/components/ui/button'
import { Dialog } from '@/components/ui/dialog'
import { Segmented } from '@/components/ui/segmented'
import { useFormat } from '@/lib/format'
import { type AgentForm, differences, merge, type Unit } from './form'
import { TEXT_UNITS, UnitDiff } from './settings-diff'

interface ConflictDialogProps {
  /** What the form was filled from. */
  base: AgentForm
  /** What the server has now. */
  theirs: AgentForm
  mine: AgentForm
  /** Theirs. */
  version: number
  pending: boolean
  error: unknown
  onTakeTheirs(): void
  onSave(merged: AgentForm): Promise<void>
  onClose(): void
}

/** Two people have changed one agent: both sides, and a choice for each difference. What only one has changed is preset. */
export default function ConflictDialog({
  base,
  theirs,
  mine,
  version,
  pending,
  error,
  onTakeTheirs,
  onSave,
  onClose,
}: ConflictDialogProps) {
  const { t } = useTranslation(['agents', 'common'])
  const format = useFormat()
  const [chosen, setChosen] = useState<ReadonlySet<Unit>>(() => new Set(differences(base, mine)))
  const differing = differences(theirs, mine)
  const choose = (unit: Unit, side: 'mine' | 'theirs') => {
    const next = new Set(chosen)
    if (side === 'mine') next.add(unit)
    else next.delete(unit)
    setChosen(next)
  }
  const result = merge(theirs, mine, new Set(differing.filter((unit) => chosen.has(unit))))
  const nothingOfMine = differences(theirs, result).length === 0
  return (
    <Dialog
      open
      size="lg"
      onOpenChange={(open) => !open && onClose()}
      title={t('conflict_title')}
      description={t('conflict_text', { version: format.number(version) })}
      footer={
        <>
          <Button variant="secondary" onClick={onTakeTheirs} disabled={pending}>
            {t('conflict_take_theirs')}
          </Button>
          {nothingOfMine ? null : (
            <Button pending={pending} onClick={() => void onSave(result)}>
              {t('conflict_save')}
            </Button>
          )}
        </>
      }
    >
      {differing.length === 0 ? <p>{t('conflict_same')}</p> : null}
      <div className="grid gap-6">
        {differing.map((unit) => (
          <section key={unit} className="grid min-w-0 gap-2">
            <div className="flex flex-wrap items-center justify-between gap-2">
              <h3 className="text-base">{t(`field_${unit}`)}</h3>
              <Segmented
                label={t('conflict_choice', { field: t(`field_${unit}`) })}
                value={chosen.has(unit) ? 'mine' : 'theirs'}
                onValueChange={(side) => choose(unit, side)}
                options={[
                  { value: 'theirs', label: t('conflict_theirs') },
                  { value: 'mine', label: t('conflict_mine') },
                ]}
              />
            </div>
            {TEXT_UNITS.has(unit) ? <p className="text-muted text-sm">{t('conflict_diff_hint')}</p> : null}
            <UnitDiff
              unit={unit}
              before={theirs}
              after={mine}
              names={[t('conflict_theirs'), t('conflict_mine')]}
            />
          </section>
        ))}
        <ActionError error={error} />
      </div>
    </Dialog>
  )
}
