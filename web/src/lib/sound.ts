let context: AudioContext | null = null

/** Two short soft notes, made here: no file to load. Browsers play nothing before the first click or key. */
export async function playSound(): Promise<void> {
  if (typeof AudioContext === 'undefined') return
  context ??= new AudioContext()
  const audio = context
  await audio.resume()
  for (const [at, frequency] of [660, 880].entries()) {
    const begin = audio.currentTime + at * 0.14
    const tone = new OscillatorNode(audio, { frequency })
    const volume = new GainNode(audio, { gain: 0 })
    volume.gain.setValueAtTime(0, begin)
    volume.gain.linearRampToValueAtTime(0.15, begin + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.001, begin + 0.25)
    tone.connect(volume).connect(audio.destination)
    tone.start(begin)
    tone.stop(begin + 0.26)
  }
}
