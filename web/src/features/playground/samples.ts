/** What customers write, in the three ways they write it; the same in both languages of the app. */
export const SAMPLES: readonly { lang: 'bn' | 'en' | 'bn-Latn'; text: string }[] = [
  { lang: 'bn', text: 'ডেলিভারি চার্জ কত, আর কত দিন লাগে?' },
  { lang: 'bn', text: 'এই জামাটা কি L সাইজে আছে? দাম কত?' },
  { lang: 'en', text: 'Do you have cash on delivery outside Dhaka?' },
  { lang: 'en', text: 'Can I exchange it if the size does not fit?' },
  { lang: 'bn-Latn', text: 'vaiya delivery charge koto? chittagong e pathano jabe?' },
  { lang: 'bn-Latn', text: 'order korte chai, kivabe korbo?' },
]
