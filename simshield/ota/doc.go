// Package ota is the secured packet of ETSI TS 102 225 as 3GPP TS 31.115 carries it in short messages: both ends, octets only.
//
//	server  [Keys.AppendCommand] ─▶ [Segments] ─▶ SMS-DELIVER …  ─▶ [ReadHeader], [Keys.OpenCommand]  card
//	server  [Keys.OpenResponse]  ◀─ delivery report, SMS-SUBMIT  ◀─ [Keys.AppendResponse]             card
//
// A command packet, and the response packet that is its proof of receipt (lengths in octets; CC is the cryptographic checksum):
//
//	CPL(2) CHL(1) SPI(2) KIc(1) KID(1) TAR(3) | CNTR(5) PCNTR(1) CC(8) data padding
//	RPL(2) RHL(1) TAR(3)                      | CNTR(5) PCNTR(1) status(1) CC(8) data padding
//
// What stands after the bar is ciphered. The checksum covers everything but itself, in clear; that of a response covers the
// octets 02 71 00 of the user data header before it, so a command never reads as a response.
//
// # What is accepted
//
// One profile, at both ends: checksum, ciphering and a counter that must rise, a report always, itself under checksum and
// ciphering. AES-CBC and AES-CMAC; triple DES only with keys made by [NewLegacyKeys], for cards that exist. Everything weaker is
// refused with status 0A from the header alone, before any key is used: single DES, DES in ECB, redundancy checks, checksums of 4
// octets, no ciphering, an unchecked counter, key set 0, a report without protection. The security level of an application can
// ask for more than the profile, never for less, so no application can be left open by mistake.
//
// # What an attacker learns
//
// A packet whose lengths are inconsistent is refused from its clear octets. Everything found after deciphering (checksum, padding
// count) is one and the same refusal, status 01, compared in constant time. [Keys.AppendResponse] secures reports on opened
// commands only: to a wrong checksum no signed or ciphered octet goes back, which is what the attack of Nohl (2013) needs.
//
// # How it travels
//
// [Segments], [Submits] and [DeliverReport] write the TPDUs of TS 31.115 §4, the Read functions read them, and a [Collector] puts
// long packets together again. [CommandMessage] and [ResponseMessage] are for bearers that take user data and no TPDUs.
//
// [JoinSubmits] does so for a bearer that hands over all segments of a report at once.
//
// No packet leaves anything behind: the counter that was sent last, and the one that was accepted last, are the caller's to store
// before it sends or acts.
package ota
