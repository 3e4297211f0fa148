import 'i18next'
import type admin from './locales/en/admin.json'
import type agents from './locales/en/agents.json'
import type analytics from './locales/en/analytics.json'
import type auth from './locales/en/auth.json'
import type channels from './locales/en/channels.json'
import type common from './locales/en/common.json'
import type errors from './locales/en/errors.json'
import type failures from './locales/en/failures.json'
import type home from './locales/en/home.json'
import type inbox from './locales/en/inbox.json'
import type knowledge from './locales/en/knowledge.json'
import type onboarding from './locales/en/onboarding.json'
import type playground from './locales/en/playground.json'
import type profile from './locales/en/profile.json'
import type settings from './locales/en/settings.json'
import type shell from './locales/en/shell.json'
import type team from './locales/en/team.json'
import type ui from './locales/en/ui.json'

/** Keys are typed from the English files; a test compares the Bangla ones with them. */
declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common'
    resources: {
      common: typeof common
      ui: typeof ui
      errors: typeof errors
      shell: typeof shell
      auth: typeof auth
      home: typeof home
      onboarding: typeof onboarding
      inbox: typeof inbox
      failures: typeof failures
      agents: typeof agents
      playground: typeof playground
      knowledge: typeof knowledge
      channels: typeof channels
      analytics: typeof analytics
      team: typeof team
      settings: typeof settings
      profile: typeof profile
      admin: typeof admin
    }
  }
}
