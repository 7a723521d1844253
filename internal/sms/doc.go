// Package sms reads and builds short messages as they travel between a mobile and its service centre: the TPDUs of 3GPP TS 23.040
// with their addresses, times and user data headers, the alphabets of 3GPP TS 23.038, and messages cut into segments and put together
// again.
//
// A TPDU is a struct with an Append method and a Parse function. [UserData] is the same in all: a [Header] and a body. The body holds
// one septet an octet where the [DCS] says GSM 7 bit, and plain octets elsewhere; packing is the package's part. An [Alphabet] turns
// a text into a body and back, and refuses what it cannot say.
//
// A long message is cut by [Message.Split] and put together by a [Reassembler]. Parsing is strict: what is cut short, runs on after
// its end, or contradicts itself is an error. Addresses do not print, for they are people's numbers.
package sms
