import { render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { isPlatform, PlatformIcon } from './platform-icon'
import { initUiTexts } from './ui/test-i18n'

test.each([
  ['facebook', 'Facebook'],
  ['messenger', 'Messenger'],
  ['instagram', 'Instagram'],
  ['whatsapp', 'WhatsApp'],
  ['x', 'X'],
  ['twitter', 'X'],
] as const)('%s has a shape, and a name when asked', async (platform, name) => {
  await initUiTexts('en')
  const { container, rerender } = render(<PlatformIcon platform={platform} />)
  expect(container.querySelector('path')?.getAttribute('d')?.length).toBeGreaterThan(50)
  expect(container).toHaveTextContent('')
  rerender(<PlatformIcon platform={platform} named />)
  expect(screen.getByText(name)).toBeInTheDocument()
})

test('an unknown platform is told apart', () => {
  expect(isPlatform('whatsapp')).toBe(true)
  expect(isPlatform('toString')).toBe(false)
})
