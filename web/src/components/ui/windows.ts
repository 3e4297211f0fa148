import { confirmWindow } from './confirm-dialog'
import { dialogWindow } from './dialog'
import { menuParts } from './dropdown-menu'
import { popoverWindow } from './popover'
import { sheetWindow } from './sheet'

/** Fetches menus and windows before they are wanted: in a quiet moment after the start, so that they also open offline. */
export function loadWindows(): Promise<unknown> {
  return Promise.all([
    menuParts.load(),
    popoverWindow.load(),
    dialogWindow.load(),
    confirmWindow.load(),
    sheetWindow.load(),
  ])
}
