import '@testing-library/jest-dom/vitest'
import { cleanup, configure } from '@testing-library/react'
import { afterEach, beforeAll, vi } from 'vitest'
import { loadWindows } from '@/components/ui/windows'

// A busy machine is slow, not wrong.
configure({ asyncUtilTimeout: 4000 })
vi.setConfig({ testTimeout: 20_000 })
// In the browser they are there a moment after the start; tests need not wait for them.
beforeAll(loadWindows)
afterEach(cleanup)
