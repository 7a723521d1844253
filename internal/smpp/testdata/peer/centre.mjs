// A service centre by node-smpp. It prints one JSON object a line: {"port"} first, then {"submitted"} for each message that it takes.
// The text "too much" is throttled twice before it is taken; a message that asks for a receipt gets one, as text and as parameters.
import smpp from 'smpp'

const say = (event) => console.log(JSON.stringify(event))
const taken = new Map()
let throttled = 0

const receipt = (message, id) => ({
  source_addr: message.destination_addr,
  destination_addr: message.source_addr,
  esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
  short_message: `id:${id} sub:001 dlvrd:001 submit date:2601311200 done date:2601311201 stat:DELIVRD err:000 text:`,
  receipted_message_id: id,
  message_state: 2,
})

function submit(session, message) {
  const { message: text, udh } = message.short_message
  if (text === 'too much' && ++throttled <= 2) {
    session.send(message.response({ command_status: smpp.ESME_RTHROTTLED }))
    return
  }
  const id = `npm_${taken.size + 1}`
  taken.set(id, message)
  say({ submitted: { id, text, segment: udh?.map((e) => [...e]) ?? [], coding: message.data_coding, sar: message.sar_segment_seqnum ?? 0 } })
  session.send(message.response({ message_id: id }))
  if (message.registered_delivery) session.deliver_sm(receipt(message, id))
}

const server = smpp.createServer((session) => {
  const bind = (pdu) => session.send(pdu.response(pdu.password === 'password' ? { system_id: 'npm' } : { command_status: smpp.ESME_RBINDFAIL }))
  session.on('bind_transceiver', bind)
  session.on('bind_transmitter', bind)
  session.on('submit_sm', (pdu) => submit(session, pdu))
  session.on('query_sm', (pdu) =>
    session.send(pdu.response(taken.has(pdu.message_id) ? { message_id: pdu.message_id, message_state: 1 } : { command_status: smpp.ESME_RQUERYFAIL })))
  session.on('cancel_sm', (pdu) =>
    session.send(pdu.response({ command_status: taken.delete(pdu.message_id) ? smpp.ESME_ROK : smpp.ESME_RCANCELFAIL })))
  session.on('enquire_link', (pdu) => session.send(pdu.response()))
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close() })
  session.on('error', () => session.destroy())
})
server.listen(0, '127.0.0.1', () => say({ port: server.address().port }))
