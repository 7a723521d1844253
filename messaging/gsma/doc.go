// Package gsma is the content of business messages: the chatbot payloads of GSMA RCC.07 (Rich Communication Suite, Advanced
// Communications: Services and Client Specification) as Go types, their bodies in both directions, and their way down to plain text.
//
// # One model
//
// The structures of RCC.07 are the model itself. Other interfaces (RCS for Business, the Chinese operators' one for service providers)
// carry the same cards and suggestions under other names or with other limits, none has a thing that these lack, and what a sender
// writes for a GSMA client need not be translated at all. [Content] only adds what RCC.07 has outside its JSON: a text, a place, a
// file. Its JSON is a superset of the payloads, so that a payload can be pasted into a request, and a JSON pointer in an error means the
// same in both.
//
// # Strict out, lenient in
//
// [Decode] takes what clients and guides are known to get wrong; [Check] finds it, names field, channel and limit; [Encode] writes
// nothing that Check does not accept. Limits are data ([Limits]), one set for each [Channel], since standards differ: 12 cards or 10, a
// text of 2000 or 3072 characters, 25 characters or 25 octets on a button. [Unit] says what is counted.
//
// # Down to text
//
// [Degrade] puts a content into a form for channels without cards or buttons:
//
//	rich      a card, a carousel, chips             as it is
//	Enhanced  a text and one file                   消费提醒⏎…⏎回复1 确认交易⏎回复2 否认交易
//	CardSMS   a text that telephones show as a card 【某银行】消费提醒⏎…⏎回复1 确认交易⏎详情 https://…
//	SMS       a text                                【某银行】消费提醒⏎…⏎回复1 确认交易⏎回复2 否认交易
//
// and returns the answers that can be typed; [Match] finds the one that a person typed. [Rendered.Part] is what travels, octet for octet
// the same for the same content, so that a sender's statement can hold what the recipient was shown and not what it was made from.
//
// # Names that look alike
//
// [CheckLine] keeps what nobody sees out of names, and [Skeleton] is equal for names that look equal.
//
// The package knows no sender, no recipient and no store, and fetches nothing.
package gsma
