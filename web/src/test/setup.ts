import '@testing-library/jest-dom/vitest'
import { cleanup } from '@testing-library/react'
import { afterEach, beforeAll } from 'vitest'
import { loadWindows } from '@/components/ui/windows'

// In the browser they are there a moment after the start; tests need not wait for them.
beforeAll(loadWindows)
afterEach(cleanup)
