import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Dialog } from '@/components/ui/dialog'
import { Kbd } from '@/components/ui/kbd'
import { type Hotkey, useActiveHotkeys, useHotkeysEnabled } from '@/lib/hotkeys'

/** Lists exactly what works on this page now. */
export default function ShortcutsHelp({ onClose }: { onClose(): void }) {
  const { t } = useTranslation('shell')
  const hotkeys = useActiveHotkeys()
  const enabled = useHotkeysEnabled()
  const groups = new Map<string, Hotkey[]>()
  for (const hotkey of hotkeys) {
    const group = hotkey.group ?? t('shortcuts_page')
    groups.set(group, [...(groups.get(group) ?? []), hotkey])
  }
  return (
    <Dialog
      open
      title={t('shortcuts_title')}
      description={t('shortcuts_text')}
      onOpenChange={(open) => !open && onClose()}
    >
      <div className="grid gap-4">
        {[...groups].map(([group, keys]) => (
          <section key={group}>
            <h3 className="mb-1 text-sm">{group}</h3>
            <dl className="grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-1 text-sm">
              {keys.map((hotkey) => (
                <div key={hotkey.keys} className="contents">
                  <dt>{hotkey.label}</dt>
                  <dd>
                    <Kbd keys={hotkey.keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <p className="text-muted text-sm">
          {t(enabled ? 'shortcuts_on' : 'shortcuts_off')}{' '}
          <Link to="/profile" onClick={onClose} className="font-semibold text-brand underline">
            {t('nav_profile')}
          </Link>
        </p>
      </div>
    </Dialog>
  )
}
