// An ESME by node-smpp. Standard input is {"port"}; standard output is what it was answered, one member for each thing that it tries.
import { json } from 'node:stream/consumers'
import smpp from 'smpp'

const { port } = await json(process.stdin)
const connect = () => new Promise((resolve, reject) => {
  const session = smpp.connect({ host: '127.0.0.1', port }, () => resolve(session))
  session.on('error', reject)
})
const ask = (session, command, fields) => new Promise((resolve) => session[command](fields, resolve))
const name = ({ command_status }) => Object.keys(smpp.errors).find((e) => smpp.errors[e] === command_status)
const account = { system_id: 'bank', password: 'password' }

const stranger = await connect()
const wrong = await ask(stranger, 'bind_transceiver', { ...account, password: 'guess' })

const session = await connect()
const delivered = new Promise((resolve) => session.on('deliver_sm', (pdu) => {
  session.send(pdu.response())
  resolve(pdu)
}))
const early = await ask(session, 'submit_sm', { destination_addr: '8613800138000', short_message: 'early' })
const bound = await ask(session, 'bind_transceiver', account)
const again = await ask(session, 'bind_receiver', account)
const message = { source_addr: 'Bank', source_addr_ton: 5, destination_addr: '8613800138000', dest_addr_ton: 1, dest_addr_npi: 1 }
const texts = []
for (const text of ['plain [text]', '验证码 123456 😀']) {
  texts.push((await ask(session, 'submit_sm', { ...message, data_coding: text < '~' ? 0 : 8, short_message: text })).message_id)
}
for (const [i, text] of ['第一段', '第二段'].entries()) {
  const udh = Buffer.from([5, 0, 3, 42, 2, i + 1])
  texts.push((await ask(session, 'submit_sm', { ...message, data_coding: 8, short_message: { udh, message: text } })).message_id)
}
const payload = await ask(session, 'submit_sm', { ...message, data_coding: 8, message_payload: { message: '长'.repeat(300) }, registered_delivery: 1 })
const receipt = await delivered
const query = await ask(session, 'query_sm', { message_id: payload.message_id })
const cancel = await ask(session, 'cancel_sm', { message_id: 'none' })
const multi = await ask(session, 'submit_multi', { ...message, dest_address: [{ destination_addr: '1' }], short_message: 'all' })
const alive = await ask(session, 'enquire_link', {})
const unbound = await ask(session, 'unbind', {})

console.log(JSON.stringify({
  wrong: name(wrong), early: name(early), bound: name(bound), centre: bound.system_id, version: bound.sc_interface_version, again: name(again), texts,
  payload: payload.message_id, receipt: receipt.receipted_message_id.replace('\0', ''), state: receipt.message_state, text: receipt.short_message.message,
  query: query.message_state, cancel: name(cancel), multi: [multi.command, name(multi)], alive: name(alive), unbound: name(unbound),
}))
session.close()
stranger.destroy()
