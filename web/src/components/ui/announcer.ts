let region: HTMLElement | undefined
let timer: ReturnType<typeof setTimeout> | undefined

/** Says a translated text to screen readers, politely. For changes that are otherwise only seen. */
export function announce(text: string): void {
  if (!region?.isConnected) {
    region = document.createElement('div')
    region.setAttribute('role', 'status')
    region.setAttribute('aria-live', 'polite')
    region.className = 'sr-only'
    document.body.append(region)
  }
  // Emptied first: the same text twice would not be spoken again.
  region.textContent = ''
  clearTimeout(timer)
  timer = setTimeout(() => {
    if (!region) return
    region.textContent = text
    // Nobody should come across old news when reading through the page.
    timer = setTimeout(() => region?.replaceChildren(), 5_000)
  }, 50)
}
