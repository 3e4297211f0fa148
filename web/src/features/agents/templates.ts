export const TEMPLATES = ['clothing', 'food', 'electronics', 'service', 'empty'] as const
export type Template = (typeof TEMPLATES)[number]
