// Package sender keeps who may send messages, in whose name, with what words and how many.
//
// # What it promises
//
//   - A chatbot sends for one client: for another it is as if there were none.
//   - A chatbot is live only when an operator verified it, nobody suspended it, and a certificate of the profile enterprise is bound to it
//     that is valid now. Each other case has a reason of its own. If the authority cannot be asked, nothing is sent.
//   - A certificate is bound only by proof that its key is at hand, made for this chatbot and this server within five minutes, and only if
//     its subject is the organisation of the chatbot's brand. A proof is good once.
//   - No two brands have names that look alike (Unicode TR39 in the form of gsma.Skeleton), and no chatbot or signature has the name of
//     another brand. A unique key holds it, so two that come at once do not slip through.
//   - A reviewer approves what was looked at: reviews of chatbots name the revision seen, and templates never change.
//   - Quotas per second, day, month and year are never exceeded, by any number of nodes; n messages are taken together or not at all, and
//     each quota has a reason of its own. Days begin in the operator's zone. Clocks that differ count into the period that is open.
//   - A recipient's report counts if the message reached it, and once. Many people slow a chatbot down, more stop it; one person does
//     neither.
//   - Every act is on record with who, when and why, in the transaction of the act.
//
// # The life of a chatbot
//
//	CreateBrand → VerifyBrand                   the operator made sure that the name is the organisation's
//	CreateChatbot                               draft: the client sets profile and menu, submits templates
//	Bind                                        the organisation's certificate, by proof of possession
//	Review                                      verified: live, as long as the certificate is good
//	SetProfile                                  proposes; what was reviewed stays until the next Review
//	Suspend, or too many reports → Resume       suspended, and back; what was reported before is settled
//
// # Quotas
//
// TakeAll counts in the caller's transaction, so that a message is counted if and only if it is accepted. The counters of a chatbot are one
// row, locked by a write before it is read, and written once for all that a transaction takes.
//
// # What it does not do
//
// It does not resolve recipients, does not ask for opt-ins and sends nothing. SM2 certificates cannot be bound: no JWS algorithm is
// registered for their keys.
package sender
