// Package esme lets enterprises send over SMPP 3.4: it is a service centre to them, and a sender like any other to messaging. An account
// binds a system_id to a chatbot, with a class of messages and a source_addr; an operator makes it.
//
// # Binding
//
// A password is made here, of the 94 visible characters of ASCII: 52 bits in the 8 octets that a bind has room for, the most there is. A
// keyed digest of it is kept, so that the store alone does not let it be tried out. A system_id may be tried about once a second from
// everywhere together, an address as the server has it; every refusal has the same status and takes the same time. Name the networks of
// an account where that is possible: attempts from elsewhere do not count against it, and so nobody else can keep it out.
//
// # Sending
//
// submit_sm is one text to one person; the segments of a long one are put together, and only then is it a message. message_id is the id
// of its delivery; the segments before the last have ids that are good for nothing else. An answer that is lost is the sender's to worry
// about: SMPP has no ids of the sender's, and what is sent again is another message.
//
//	ESME_RINVSRCADR                 another source than the account's; empty stands for it
//	ESME_RINVDSTADR                 no international number, or a person who may not be written to: why is not told
//	ESME_RTHROTTLED, ESME_RMSGQFUL  the quota of the second; of the day, month or year
//	ESME_RINVMSGLEN, ESME_RSUBMITFAIL  too long, or nothing; no text, or a chatbot that may not send
//	ESME_RINVSCHED, ESME_RINVREPFLAG, ESME_RINVDFTMSGID, ESME_RINVESMCLASS, ESME_RINVEXPIRY  not done here
//	ESME_RSYSERR                    later
//
// submit_multi, data_sm and replace_sm are refused. query_sm tells where a message stands. cancel_sm, by id, has no further copy made; a
// copy that is on its way may still arrive, and the receipt tells.
//
// # Being told
//
// What became of a message, where registered_delivery asks for it, and what persons say, is read from the chatbot's log of events and
// sent as deliver_sm, in order and at least once, when somebody is bound who receives; until then it waits, for as long as events are
// kept. A receipt is sent for a success, a failure, and once more where a success is learned after a failure; its err is 000. Its source
// is the number that the message was for, or empty where the person has another by now. A word that ends a permission, such as STOP, is
// acted on and not passed on.
package esme
