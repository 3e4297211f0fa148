import { keyNames } from '@/lib/hotkeys'

/** A shortcut as printed on the keys: <Kbd keys="mod+k" />. */
export function Kbd({ keys }: { keys: string }) {
  return (
    <span className="inline-flex gap-1">
      {keyNames(keys).map((name) => (
        <kbd
          key={name}
          lang="en"
          className="rounded-sm border border-line-strong bg-panel px-1.5 font-mono text-fg text-sm"
        >
          {name}
        </kbd>
      ))}
    </span>
  )
}
