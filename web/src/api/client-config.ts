import type { CreateClientConfig } from './gen/client.gen'
import { authorizedFetch } from './transport'

/** Read by the generated client as it is made: same origin, and our own fetch. */
export const createClientConfig: CreateClientConfig = (config) => ({
  ...config,
  baseUrl: '',
  fetch: authorizedFetch,
})
