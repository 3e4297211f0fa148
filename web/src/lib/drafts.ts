export async function clearDrafts(_userId: string): Promise<void> {}
