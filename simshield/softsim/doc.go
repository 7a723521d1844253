// Package softsim is a SIM in software: a card core for the sandbox, for tests and for users of the SDK. Package handset beside it is
// the telephone around it.
//
//	card, err := softsim.Create(path, softsim.Personalisation{…})   // or Open(path), as the last power-off left it
//	response := card.Transmit(apdu)
//
//	handset ── ENVELOPE ──▶ secured packet ──▶ applet ── DISPLAY TEXT, GET INPUT ──▶ person
//	handset ◀─ SEND SHORT MESSAGE ── report ◀── signature ◀── PIN ◀─────────────────┘
//
// # Commands
//
// ISO/IEC 7816-4 and ETSI TS 102 221 with short lengths, on the basic channel: SELECT, READ BINARY, READ RECORD, STATUS, GET RESPONSE,
// VERIFY and CHANGE PIN of the SIM PIN; AUTHENTICATE with Milenage (3GPP TS 31.102 §7.1); TERMINAL PROFILE, ENVELOPE, FETCH and
// TERMINAL RESPONSE (3GPP TS 31.111). UNBLOCK PIN is refused: there is no unblocking code, so blocked is final.
//
// # PINs
//
// The SIM PIN, the login PIN and the signing PIN have three tries each. A try is taken away, durably, before what was entered is
// compared, and the tries come back in the record of what the PIN was for. The comparison takes the same time whatever was entered.
// The login PIN and the signing PIN are asked by the applets on the screen; no command of the handset reaches them.
//
// # Packets over the air
//
// A secured packet (package ota) is held against the applet's minimum security level, then its checksum, then its counter. There is
// one counter for each key set, for all applets together, and it is used up, durably, before anything comes of the packet. What
// proves nothing gets an unsecured refusal in the report of the ENVELOPE: it never causes a prompt or a short message. The answer of an
// applet comes by SMS-SUBMIT where the packet asks for that, and of a Cancel while a person is being asked in the report.
//
// While a person is being asked, SW 93 00 is the answer to every command but Cancel; the packet's counter is not used up then, so
// it may come again.
//
// # Applets
//
// Bank, eID and enterprise, each with a login, a document and a transaction key, of P-256 or SM2, generated here (package applet). No
// command reads a private key. A transaction key signs only what the applet composed from the fields that it showed. Each applet
// remembers the last 8 ids that it is done with: one that was signed has its stored signature for an answer, one that the person
// refused is not asked again, one that the server cancelled never shows. One that nobody answered is not among them.
//
// A card has no clock: what time it is, the time stamp of the SMS-DELIVER says.
//
// # Power loss
//
// Every change is one record in the memory (package eeprom), durable before its effect shows. After a failed write the card answers
// SW 65 81 to everything until it is opened again.
//
// # What it does not do
//
// It is no protection for keys: who can read its memory has them. There are no logical channels, no secure messaging, no file
// updates, no remote file or applet management, no TUAK.
package softsim
