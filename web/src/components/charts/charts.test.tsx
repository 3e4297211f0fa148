import { fireEvent, render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { initUiTexts } from '@/components/ui/test-i18n'
import { AreaChart } from './area-chart'
import { BarChart } from './bar-chart'
import { ChartCard, tableOf } from './chart-card'
import { neutralise, toCsv } from './csv'
import { HeatMap } from './heat-map'
import { StackedBarChart } from './stacked-bar-chart'

beforeEach(() => initUiTexts('bn'))

describe('csv', () => {
  test.each(['=1+1', '+880', '-2', '@x', '\t=1', '\r', ' =1', '＝1'])('%j is neutralised', (text) => {
    expect(neutralise(text)).toBe(`'${text}`)
  })

  test('ordinary text and numbers stay', () => {
    expect(neutralise('শাড়ি = ভালো')).toBe('শাড়ি = ভালো')
    expect(
      toCsv(
        ['দিন', 'a,b'],
        [
          ['"x"', -5.5],
          ['=HYPERLINK("y")', null],
        ],
      ),
    ).toBe('\ufeffদিন,"a,b"\r\n"""x""",-5.5\r\n"\'=HYPERLINK(""y"")",\r\n')
  })
})

const labels = ['২১ নভে', '২২ নভে', '২৩ নভে']
const series = [
  { id: 'ai', label: 'এআই', values: [1200, null, 3] },
  { id: 'human', label: 'মানুষ', values: [0, 4, 5] },
]

describe.each([
  ['area', AreaChart],
  ['bar', BarChart],
  ['stacked', StackedBarChart],
])('%s chart', (_name, Chart) => {
  test('is one picture with a spoken summary, Bangla digits and named series', () => {
    const { container } = render(<Chart labels={labels} series={series} summary="সারাংশ" />)
    const picture = screen.getByRole('img', { name: 'সারাংশ' })
    expect(within(picture).getByText('২১ নভে')).toBeInTheDocument()
    expect(picture.textContent).not.toMatch(/[0-9]/)
    expect(screen.getAllByRole('listitem').map((item) => item.textContent)).toEqual(['এআই', 'মানুষ'])
    expect(container.innerHTML).not.toContain('NaN')
  })

  test('survives no data and only zeros', () => {
    const { container } = render(
      <>
        <Chart labels={[]} series={[]} summary="a" />
        <Chart labels={['x']} series={[{ id: 'z', label: 'z', values: [0] }]} summary="b" />
      </>,
    )
    expect(container.innerHTML).not.toMatch(/NaN|Infinity/)
  })

  test('the pointer reads out the values', () => {
    render(<Chart labels={labels} series={series} summary="s" />)
    fireEvent.pointerMove(screen.getByRole('img'), { clientX: 590, clientY: 50 })
    expect(screen.getByText('মানুষ: ৫')).toBeInTheDocument()
  })
})

test('heat map: every cell has its value in words', () => {
  const { container } = render(
    <HeatMap
      rows={['সোম', 'মঙ্গল']}
      columns={['৬', '৭']}
      values={[
        [1, 100],
        [null, 0],
      ]}
      summary="ব্যস্ত সময়"
    />,
  )
  expect(screen.getByRole('img', { name: 'ব্যস্ত সময়' })).toBeInTheDocument()
  expect([...container.querySelectorAll('title')].map((title) => title.textContent)).toEqual([
    'সোম, ৬: ১',
    'সোম, ৭: ১০০',
    'মঙ্গল, ৬: মান নেই',
    'মঙ্গল, ৭: ০',
  ])
})

describe('card', () => {
  const card = (extra: object = {}) => (
    <ChartCard title="বার্তা" table={tableOf('দিন', labels, series)} filename="messages" {...extra}>
      <BarChart labels={labels} series={series} summary="সারাংশ" />
    </ChartCard>
  )

  test('shows the same numbers as a table', async () => {
    const user = userEvent.setup()
    render(card())
    expect(screen.getByRole('img', { name: 'সারাংশ' })).toBeInTheDocument()
    await user.click(screen.getByRole('radio', { name: 'টেবিল' }))
    expect(screen.queryByRole('img')).not.toBeInTheDocument()
    const row = within(screen.getByRole('table', { name: 'বার্তা' })).getByRole('row', { name: /২১ নভে/ })
    expect(
      within(row)
        .getAllByRole('cell')
        .map((cell) => cell.textContent),
    ).toEqual(['১,২০০', '০'])
  })

  test('hands out the CSV with plain digits', async () => {
    const blobs: Blob[] = []
    vi.stubGlobal(
      'URL',
      Object.assign(URL, {
        createObjectURL: (blob: Blob) => {
          blobs.push(blob)
          return 'blob:x'
        },
        revokeObjectURL: () => undefined,
      }),
    )
    const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined)
    const user = userEvent.setup()
    render(card())
    await user.click(screen.getByRole('button', { name: 'CSV নামান' }))
    expect(click).toHaveBeenCalledOnce()
    expect(await blobs[0]?.text()).toContain('২১ নভে,1200,0')
    vi.unstubAllGlobals()
  })

  test('loading, failed and empty have no table to switch to', () => {
    const { rerender } = render(card({ loading: true }))
    expect(screen.getByRole('status')).toHaveTextContent('লোড হচ্ছে')
    rerender(card({ error: <p>ভুল</p> }))
    expect(screen.getByText('ভুল')).toBeInTheDocument()
    rerender(card({ isEmpty: true }))
    expect(screen.getByText('এই সময়ে দেখানোর মতো কিছু নেই।')).toBeInTheDocument()
    expect(screen.queryByRole('radio')).not.toBeInTheDocument()
  })
})
