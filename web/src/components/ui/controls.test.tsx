import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import i18next from 'i18next'
import { useForm } from 'react-hook-form'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Button } from './button'
import { Checkbox, Switch } from './checkbox'
import { CopyButton } from './copy-button'
import { DataTable } from './data-table'
import { ErrorState } from './error-state'
import { Field } from './field'
import { IconButton } from './icon-button'
import { Input } from './input'
import { RadioGroup } from './radio-group'
import { SecretInput } from './secret-input'
import { Select } from './select'
import { initUiTexts } from './test-i18n'
import { Textarea } from './textarea'
import { Time } from './time'
import { toast } from './toast'
import { Toaster } from './toaster'

beforeEach(() => initUiTexts('en'))
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('field', () => {
  test('label, hint and error belong to the input', () => {
    render(
      <Field label="Name" hint="As on the shop" error="Too short" required>
        <Input />
      </Field>,
    )
    const input = screen.getByRole('textbox', { name: 'Name' })
    expect(input).toHaveAccessibleDescription('Too short As on the shop')
    expect(input).toBeInvalid()
    expect(input).toBeRequired()
    expect(input).not.toHaveAttribute('required')
  })

  test('without an error nothing is invalid', () => {
    render(
      <Field label="Name" optional>
        <Textarea />
      </Field>,
    )
    const area = screen.getByRole('textbox', { name: 'Name (optional)' })
    expect(area).toBeValid()
    expect(area).not.toHaveAttribute('aria-describedby')
  })

  test('react-hook-form reads every control and focuses the first error', async () => {
    const submit = vi.fn()
    function Form() {
      const { register, handleSubmit, formState } = useForm({
        defaultValues: { name: '', text: '', kind: 'b', agree: false, on: true, key: '' },
      })
      return (
        <form onSubmit={handleSubmit((values) => submit(values))} noValidate>
          <Field label="Name" error={formState.errors.name && 'Needed'}>
            <Input {...register('name', { required: true })} />
          </Field>
          <Field label="Text">
            <Textarea autogrow {...register('text')} />
          </Field>
          <Field label="Kind">
            <Select
              options={[
                { value: 'a', label: 'A' },
                { value: 'b', label: 'B' },
              ]}
              {...register('kind')}
            />
          </Field>
          <Checkbox label="Agree" {...register('agree')} />
          <Switch label="On" {...register('on')} />
          <Field label="Key">
            <SecretInput saved {...register('key')} />
          </Field>
          <Button type="submit">Save</Button>
        </form>
      )
    }
    const user = userEvent.setup()
    render(<Form />)
    await user.click(screen.getByRole('button', { name: 'Save' }))
    const name = screen.getByRole('textbox', { name: 'Name' })
    await waitFor(() => expect(name).toHaveFocus())
    expect(name).toHaveAccessibleDescription('Needed')
    await user.type(name, 'n')
    await user.type(screen.getByRole('textbox', { name: 'Text' }), 't')
    await user.selectOptions(screen.getByRole('combobox', { name: 'Kind' }), 'a')
    await user.click(screen.getByRole('checkbox', { name: 'Agree' }))
    await user.click(screen.getByRole('switch', { name: 'On' }))
    await user.type(screen.getByLabelText('Key'), 'k')
    await user.click(screen.getByRole('button', { name: 'Save' }))
    await waitFor(() =>
      expect(submit).toHaveBeenCalledWith({
        name: 'n',
        text: 't',
        kind: 'a',
        agree: true,
        on: false,
        key: 'k',
      }),
    )
  })

  test('a saved secret says so and can be looked at while typing', async () => {
    const user = userEvent.setup()
    render(
      <Field label="Key">
        <SecretInput saved />
      </Field>,
    )
    const input = screen.getByLabelText('Key')
    expect(input).toHaveAttribute('type', 'password')
    expect(input).toHaveAttribute('placeholder', 'Saved. Type here only to replace it')
    await user.click(screen.getByRole('button', { name: 'Show what I typed' }))
    expect(input).toHaveAttribute('type', 'text')
  })

  test('radios are one group with a name', async () => {
    const change = vi.fn()
    const user = userEvent.setup()
    render(
      <RadioGroup
        label="Role"
        options={[
          { value: 'viewer', label: 'Viewer', hint: 'Reads only' },
          { value: 'admin', label: 'Admin' },
        ]}
        value="viewer"
        onValueChange={change}
      />,
    )
    const group = screen.getByRole('group', { name: 'Role' })
    const viewer = within(group).getByRole('radio', { checked: true })
    expect(viewer).toHaveAccessibleDescription('Reads only')
    await user.click(within(group).getByRole('radio', { name: 'Admin' }))
    expect(change).toHaveBeenCalledWith('admin')
  })
})

describe('button', () => {
  test('pending keeps the focus and does nothing twice', async () => {
    const [click, submit] = [
      vi.fn(),
      vi.fn((event: { preventDefault: () => void }) => event.preventDefault()),
    ]
    const form = (pending: boolean) => (
      <form onSubmit={submit}>
        <Button type="submit" pending={pending} onClick={click}>
          Save
        </Button>
      </form>
    )
    const user = userEvent.setup()
    const { rerender } = render(form(false))
    const button = screen.getByRole('button', { name: 'Save' })
    await user.click(button)
    rerender(form(true))
    await user.click(button)
    expect(click).toHaveBeenCalledOnce()
    expect(submit).toHaveBeenCalledOnce()
    expect(button).toHaveFocus()
    expect(button).toHaveAttribute('aria-busy', 'true')
  })

  test('an icon button has its name, and shows it on focus', async () => {
    const user = userEvent.setup()
    render(<IconButton label="Archive">x</IconButton>)
    await user.tab()
    expect(screen.getByRole('button', { name: 'Archive' })).toHaveFocus()
    expect(await screen.findByRole('tooltip', { name: 'Archive' })).toBeInTheDocument()
  })
})

describe('copy', () => {
  test('says that it copied', async () => {
    const user = userEvent.setup()
    render(<CopyButton value="req-1" label="Copy the number" />)
    await user.click(screen.getByRole('button', { name: 'Copy the number' }))
    expect(await navigator.clipboard.readText()).toBe('req-1')
    await waitFor(() => expect(screen.getByRole('status')).toHaveTextContent('Copied'))
  })

  test('says that it could not', async () => {
    vi.stubGlobal('navigator', { ...navigator, clipboard: undefined, platform: '' })
    render(<CopyButton value="x" />)
    fireEvent.click(screen.getByRole('button', { name: 'Copy' }))
    await waitFor(() => expect(screen.getByRole('status')).toHaveTextContent('Could not copy'))
  })

  test('an error shows the request number and tries again', async () => {
    const retry = vi.fn()
    const user = userEvent.setup()
    render(<ErrorState onRetry={retry} requestId="0190-ab" />)
    expect(screen.getByRole('alert')).toHaveTextContent('Request number: 0190-ab')
    expect(screen.getByRole('button', { name: 'Copy the request number' })).toBeInTheDocument()
    await user.click(screen.getByRole('button', { name: 'Try again' }))
    expect(retry).toHaveBeenCalledOnce()
  })
})

describe('table', () => {
  const columns = [
    { key: 'name', header: 'Name', cell: (row: { name: string; n: number }) => row.name, primary: true },
    { key: 'n', header: 'Count', cell: (row: { name: string; n: number }) => row.n, sortable: true },
    { key: 'do', header: 'Actions', cell: () => <Button>Open</Button>, hideHeader: true },
  ]
  const rows = [{ name: 'Sales', n: 3 }]
  const table = (extra: object = {}) => (
    <DataTable caption="Agents" columns={columns} rows={rows} rowKey={(row) => row.name} {...extra} />
  )

  test('has a name, row headings and sorts', async () => {
    const sort = vi.fn()
    const user = userEvent.setup()
    render(table({ sort: { key: 'n', direction: 'desc' }, onSortChange: sort }))
    expect(screen.getByRole('table', { name: 'Agents' })).toBeInTheDocument()
    expect(screen.getByRole('rowheader', { name: 'Sales' })).toBeInTheDocument()
    expect(screen.getByRole('columnheader', { name: 'Count' })).toHaveAttribute('aria-sort', 'descending')
    await user.click(screen.getByRole('button', { name: 'Count' }))
    expect(sort).toHaveBeenCalledWith({ key: 'n', direction: 'asc' })
  })

  test('is a list of cards on a phone, with every value named', () => {
    vi.stubGlobal('matchMedia', () => ({
      matches: true,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    }))
    render(table())
    expect(screen.queryByRole('table')).not.toBeInTheDocument()
    const card = within(screen.getByRole('list', { name: 'Agents' })).getByRole('listitem')
    expect(within(card).getByText('Sales')).toBeInTheDocument()
    expect(within(card).getByRole('term')).toHaveTextContent('Count')
    expect(within(card).getByRole('definition')).toHaveTextContent('3')
    expect(within(card).getByRole('button', { name: 'Open' })).toBeInTheDocument()
  })

  test('keeps old rows while it loads again; skeleton only the first time; then says it is empty', () => {
    const { rerender } = render(table({ loading: true }))
    expect(screen.getByRole('table')).toBeInTheDocument()
    rerender(table({ loading: true, rows: undefined }))
    expect(screen.getByText('Loading…')).toBeInTheDocument()
    expect(screen.queryByRole('table')).not.toBeInTheDocument()
    rerender(table({ rows: [] }))
    expect(screen.getByRole('heading', { name: 'Nothing here yet' })).toBeInTheDocument()
  })
})

describe('time', () => {
  test('keeps itself up to date and follows the language', async () => {
    vi.useFakeTimers({ now: new Date('2026-11-23T12:05:00Z') })
    render(<Time value="2026-11-23T12:02:00Z" />)
    const time = screen.getByText('3 minutes ago')
    expect(time).toHaveAttribute('datetime', '2026-11-23T12:02:00.000Z')
    expect(time).toHaveAttribute('title', '23 November 2026, 6:02 pm')
    act(() => vi.advanceTimersByTime(60_000))
    expect(time).toHaveTextContent('4 minutes ago')
    await act(() => i18next.changeLanguage('bn'))
    expect(time).toHaveTextContent('৪ মিনিট আগে')
  })

  test('a broken date is a dash', () => {
    render(<Time value="never" />)
    expect(screen.getByText('–')).toBeInTheDocument()
  })
})

test('a toast sent before anything is loaded still arrives, with its button', async () => {
  const undo = vi.fn()
  render(<Toaster />)
  act(() => toast.success('Deleted', { action: { label: 'Undo', onClick: undo } }))
  expect(await screen.findByText('Deleted')).toBeInTheDocument()
  fireEvent.click(screen.getByRole('button', { name: 'Undo' }))
  expect(undo).toHaveBeenCalledOnce()
})
