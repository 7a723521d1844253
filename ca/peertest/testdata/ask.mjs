// What every script here does: a question as JSON on standard input, octets in base64, and an answer as JSON on standard output.
import { json } from 'node:stream/consumers'

export const question = await json(process.stdin)

export const octets = (base64) => new Uint8Array(Buffer.from(base64, 'base64'))

export const base64 = (octets) => Buffer.from(octets).toString('base64')

export const answer = (value) => process.stdout.write(JSON.stringify(value))

// said is what a promise comes to, or why it fails.
export const said = (promise) => promise.catch((err) => `${err.resultMessage ?? err.message}`)
