import { mergeConfig } from 'vite'
import base from './vite.config'
const api = 'http://127.0.0.1:28080'
const proxy = { target: api, headers: { origin: api }, changeOrigin: true }
export default mergeConfig(base, { server: { proxy: { '/api': proxy, '/health': proxy } } })
