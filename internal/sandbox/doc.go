// Package sandbox plays the world around the server: an operator with subscribers and their SIMs, the gateway that announces their
// data sessions, their phones, and a shop that logs people in.
//
// It acts on the server only through its real interfaces: RADIUS accounting packets (RFC 2866), the operator's number feed and the
// admin API over HTTP, short messages to and from cards, SMPP, the RCS gateway and the OpenID Provider. It knows no domain package but the
// software SIM and codecs, and never touches the server's database; its own state is DIR/world.json, one file for each card in DIR/cards,
// the business messages in DIR/messages.jsonl, and the short messages in DIR/sms that the server has yet to take.
//
//   - world.go      who the subscribers are, and the file that keeps them
//   - operator.go   the operator's HTTP interface; actions.go: release, assign, transfer and the rest; operation.go: how one is carried
//     out so that a kill leaves it done or not begun; feed.go: the number feed
//   - nas.go        the gateway: Start, Interim-Update and Stop for every session
//   - shop.go       a relying party with one-key login (authorization code, PKCE, public client); customers.go: its book
//   - desk.go       the operator's page for a person
//   - handset.go    the phones, one for each card (sim.go); handset_phone.go: switched on and off, and brought messages;
//     handset_screen.go: what is shown and answered; handset_http.go: the interface for programs, and the short message gateway
//     that the server calls; handset_center.go: what cards send, kept until the server has it; handset_page.go: the pages
//   - mail.go       business messages (mail_message.go) on their way and on the phones, kept in a journal.go; mail_gateway.go: how gateways
//     take them, rcs.go: the one for rich messages, smsc.go: the service centre for texts (mail_parts.go: long ones); mail_deliver.go: to
//     the phones; mail_report.go: what the server is told; exchange.go: all of it at work
//   - inbox.go      what people see of them, and do (inbox_reply.go); inbox_http.go and inbox_page.go: for programs and for persons,
//     inbox_stream.go: as they come
//   - chatbots.go   the enterprises that send them, with their certificates; campaign.go: a message to try out; purchase.go: whose requests they carry
//   - enrol.go      the bank's counter, which registers every card of a new world
//   - sandbox.go    starts all of it and writes sandbox.json
package sandbox
