import { memo } from 'react'
import { linkify } from '@/lib/text'

/** What somebody wrote, exactly, with harmless links. Never HTML. */
export const MessageText = memo(function MessageText({ text }: { text: string }) {
  return (
    <p dir="auto" className="message-text text-base">
      {linkify(text).map((part, at) =>
        part.kind === 'text' ? (
          part.text
        ) : (
          <a
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text do not change places
            key={at}
            href={part.href}
            target="_blank"
            rel="noopener noreferrer nofollow"
            className="text-info underline"
          >
            {part.text}
          </a>
        ),
      )}
    </p>
  )
})
