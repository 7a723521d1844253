// An enterprise that sends by node-smpp. Standard input is {"address","system_id","password","source_addr","to","stranger"}; standard output
// is what it was answered, one member for each thing that it tries, and what it was told until it has a receipt for each message.
import { json } from 'node:stream/consumers'
import smpp from 'smpp'

const { address, system_id, password, source_addr, to, stranger } = await json(process.stdin)
const connect = () => new Promise((resolve, reject) => {
  const [host, port] = address.split(':')
  const session = smpp.connect({ host, port: Number(port) }, () => resolve(session))
  session.on('error', reject)
})
const ask = (session, command, fields) => new Promise((resolve) => session[command](fields, resolve))
const name = ({ command_status }) => Object.keys(smpp.errors).find((e) => smpp.errors[e] === command_status)

const thief = await connect()
const wrong = await ask(thief, 'bind_transceiver', { system_id, password: 'password' })

const session = await connect()
const receipts = []
let enough
const told = new Promise((resolve) => { enough = resolve })
session.on('deliver_sm', (pdu) => {
  session.send(pdu.response())
  receipts.push({ id: pdu.receipted_message_id.replace('\0', ''), state: pdu.message_state, from: pdu.source_addr, text: pdu.short_message.message })
  if (receipts.length === 3) enough()
})
const bound = await ask(session, 'bind_transceiver', { system_id, password })
const message = { source_addr, destination_addr: to, dest_addr_ton: 1, dest_addr_npi: 1, registered_delivery: 1 }
const ids = []
const send = async (fields) => ids.push((await ask(session, 'submit_sm', { ...message, ...fields })).message_id)
await send({ short_message: 'plain [text]' })
await send({ data_coding: 8, short_message: '验证码 123456 😀' })
for (const [i, text] of ['第一段', '第二段'].entries()) {
  const udh = Buffer.from([5, 0, 3, 42, 2, i + 1])
  await send({ data_coding: 8, short_message: { udh, message: text } })
}
const source = await ask(session, 'submit_sm', { ...message, source_addr: '999', short_message: 'x' })
const nobody = await ask(session, 'submit_sm', { ...message, destination_addr: stranger, short_message: 'x' })
await told
const query = await ask(session, 'query_sm', { message_id: ids[0] })
const late = await ask(session, 'cancel_sm', { message_id: ids[0] })
const unbound = await ask(session, 'unbind', {})
console.log(JSON.stringify({
  wrong: name(wrong), bound: name(bound), ids, source: name(source), nobody: name(nobody), receipts,
  query: query.message_state, late: name(late), unbound: name(unbound),
}))
session.close()
thief.destroy()
