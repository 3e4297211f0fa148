export { Switch, type SwitchProps } from './checkbox'
