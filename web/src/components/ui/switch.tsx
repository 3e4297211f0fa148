export { Switch } from './checkbox'
