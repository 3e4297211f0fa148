import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { beforeEach, expect, test, vi } from 'vitest'
import { Button } from './button'
import { ConfirmDialog } from './confirm-dialog'
import { Dialog, DialogClose } from './dialog'
import { Menu, MenuItem } from './dropdown-menu'
import { Sheet } from './sheet'
import { initUiTexts } from './test-i18n'

beforeEach(() => initUiTexts('en'))

function Controlled({ dismissible = true }: { dismissible?: boolean }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button onClick={() => setOpen(true)}>open it</Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title="Agent Sales"
        dismissible={dismissible}
        footer={
          <DialogClose>
            <Button>done</Button>
          </DialogClose>
        }
      >
        <input aria-label="first" />
      </Dialog>
    </>
  )
}

test('focus goes back to the button although the dialog has no trigger of its own', async () => {
  const user = userEvent.setup()
  render(<Controlled />)
  await user.click(screen.getByRole('button', { name: 'open it' }))
  expect(screen.getByRole('dialog', { name: 'Agent Sales' })).toContainElement(
    document.activeElement as HTMLElement,
  )
  await user.keyboard('{Escape}')
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument()
  await waitFor(() => expect(screen.getByRole('button', { name: 'open it' })).toHaveFocus())
})

test('a dialog that holds something unsaved stays', async () => {
  const user = userEvent.setup()
  render(<Controlled dismissible={false} />)
  await user.click(screen.getByRole('button', { name: 'open it' }))
  await user.keyboard('{Escape}')
  expect(screen.getByRole('dialog')).toBeInTheDocument()
  expect(screen.queryByRole('button', { name: 'Close' })).not.toBeInTheDocument()
  await user.click(screen.getByRole('button', { name: 'done' }))
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument()
})

test('opened from a menu item, focus goes back to the button of the menu', async () => {
  function FromMenu() {
    const [open, setOpen] = useState(false)
    return (
      <>
        <Menu trigger={<Button>more</Button>}>
          <MenuItem onSelect={() => setOpen(true)}>rename</MenuItem>
        </Menu>
        <Dialog open={open} onOpenChange={setOpen} title="Rename">
          <input aria-label="name" />
        </Dialog>
      </>
    )
  }
  const user = userEvent.setup()
  render(<FromMenu />)
  await user.click(screen.getByRole('button', { name: 'more' }))
  await user.click(screen.getByRole('menuitem', { name: 'rename' }))
  expect(await screen.findByRole('dialog', { name: 'Rename' })).toBeInTheDocument()
  await user.keyboard('{Escape}')
  await waitFor(() => expect(screen.getByRole('button', { name: 'more' })).toHaveFocus())
})

test('a sheet gives the focus back too', async () => {
  const user = userEvent.setup()
  render(
    <Sheet trigger={<Button>customer</Button>} title="Customer">
      <p>text</p>
    </Sheet>,
  )
  await user.click(screen.getByRole('button', { name: 'customer' }))
  await user.click(screen.getByRole('button', { name: 'Close' }))
  await waitFor(() => expect(screen.getByRole('button', { name: 'customer' })).toHaveFocus())
})

test('confirm: the safe choice has focus; Enter there does no harm', async () => {
  const onConfirm = vi.fn()
  const user = userEvent.setup()
  render(
    <ConfirmDialog
      trigger={<Button>delete</Button>}
      title="Delete Sales?"
      description="It cannot be undone."
      confirmLabel="Delete agent"
      onConfirm={onConfirm}
    />,
  )
  await user.click(screen.getByRole('button', { name: 'delete' }))
  expect(screen.getByRole('alertdialog', { name: 'Delete Sales?' })).toHaveAccessibleDescription(
    'It cannot be undone.',
  )
  expect(screen.getByRole('button', { name: 'Cancel' })).toHaveFocus()
  await user.keyboard('{Enter}')
  expect(onConfirm).not.toHaveBeenCalled()
  await waitFor(() => expect(screen.getByRole('button', { name: 'delete' })).toHaveFocus())
})

test('confirm: asks for the reason, stays open when it fails, closes when it is done', async () => {
  let fail = true
  const onConfirm = vi.fn(async () => {
    if (fail) throw new Error('no')
  })
  const user = userEvent.setup()
  render(
    <ConfirmDialog
      trigger={<Button>suspend</Button>}
      title="Suspend Shop?"
      description="Its agents stop."
      confirmLabel="Suspend shop"
      onConfirm={onConfirm}
      reason={{ required: 'Say why' }}
    />,
  )
  await user.click(screen.getByRole('button', { name: 'suspend' }))
  await user.click(screen.getByRole('button', { name: 'Suspend shop' }))
  expect(onConfirm).not.toHaveBeenCalled()
  const reason = screen.getByRole('textbox', { name: 'Reason' })
  expect(reason).toHaveFocus()
  expect(reason).toHaveAccessibleDescription('Say why')
  await user.type(reason, '  spam ')
  await user.click(screen.getByRole('button', { name: 'Suspend shop' }))
  expect(onConfirm).toHaveBeenLastCalledWith('spam')
  expect(screen.getByRole('alertdialog')).toBeInTheDocument()
  fail = false
  await user.click(screen.getByRole('button', { name: 'Suspend shop' }))
  await waitFor(() => expect(screen.queryByRole('alertdialog')).not.toBeInTheDocument())
})
