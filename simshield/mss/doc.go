// Package mss is the face of a Mobile Signature Service (ETSI TS 102 204 V1.1.4): programs that speak it, in JSON or in SOAP 1.2, log people
// in and have texts signed on the SIM. It only translates; what is asked, shown and signed is package simshield's.
//
// # Operations
//
// One URL, POST /mss/v1; the content type tells JSON (application/json, as {"MSS_SignatureReq":{…}}) from SOAP (application/soap+xml,
// text/xml). Attributes and elements of the XML are members of the JSON by the same names; both go through one strict reader that refuses
// what it does not know, says twice or does not expect. XML has no DTD, no entities beyond the five, no comments, no mixed content, and bounds.
//
//	MSS_SignatureReq     asks the SIM; synch, asynchClientServer, asynchServerServer
//	MSS_StatusReq        how it stands
//	MSS_ReceiptReq       the application has what it wanted; no text is shown for it
//	MSS_ProfileReq       the signature profiles that a mobile user can be asked for
//	MSS_RegistrationReq  whether a mobile user is registered; nobody is registered here, persons are identified at the own API
//
// # Signatures
//
// The signature profile is the key: an authentication profile is the eID login key, a signature profile the eID document key (see profiles).
// A transaction key has no way into this package. MSS_Format PKCS7, the default, is CMS signed data with the data inside and
// signing-certificate-v2; PKCS1 is the ECDSA signature of the data's SHA-256 as SEQUENCE of r and s. Data is text in UTF-8, octets in base64, or
// under PKCS1 a SHA-256 (application/x-sha256). A text is shown as it is; other data needs DataToBeDisplayed, unless it is for authentication,
// where the fixed heading is enough. What is shown has at most 100 characters with the event id.
//
// # Who asks
//
// AP_ID and AP_PWD stand for an application (package access). The card shows the name that the application is registered under. An AP_TransID
// is used once. MSSP_TransID of another application is unknown.
//
// # Times
//
// TimeOut counts in seconds; less than 10 becomes 10, more than the longest life of a transaction, or nothing, becomes that. After it the
// status is 208. A callback (asynchServerServer) goes to AP_URL, an https URL at a public address, as MSS_StatusResp; it is repeated with
// growing pauses until the application answers 2xx, ten times, and MSS_StatusReq works all the while, and for thirty days. After that the
// transaction is unknown, and its AP_TransID still used.
//
// # Faults
//
// A fault has one of the status codes; where a sub-code fits, the detail begins with it. Sender faults are HTTP 400, or 401 for 104, 404 for a
// transaction that the application does not have, and 429 for too many; Receiver faults are 500, or 503 where trying again helps. A SIM that is
// being asked is 406. A signature is 502, for it was verified; one that is awaited is 504.
//
// # Status codes
//
// Those that are answered, with their sub-codes:
//
//	100 REQUEST_OK              a request that was taken, or answered without a signature
//	101 WRONG_PARAM             1013 messaging mode, 1014 unknown additional service, 1015 a receipt is not displayed,
//	                            1016 MIME type or encoding, 1017 format; without one: whatever else is malformed or unknown
//	102 MISSING_PARAM           1021 DataToBeDisplayed
//	103 WRONG_DATA_LENGTH       more than is signed or displayed, or a hash of another length
//	104 UNAUTHORIZED_ACCESS     1042 the application is suspended, 1043 the mobile user is; credentials; asked too often (HTTP 429)
//	105 UNKNOWN_CLIENT          1051 malformed MSISDN, 1053 no key for the profile, also: no longer this person's number
//	107 INAPPROPRIATE_DATA      a text that cannot be shown as it is meant
//	108 INCOMPATIBLE_INTERFACE  a MajorVersion other than 1
//	109 UNSUPPORTED_PROFILE
//	208 EXPIRED_TRANSACTION     2081 no answer came in time, 2082 the person did nothing
//	209 OTA_ERROR               2091 the message could not be sent, 2092 the SIM was replaced, 2093 the phone cannot be reached
//	401 USER_CANCEL             4011
//	402 PIN_NR_BLOCKED          4021
//	404 NO_KEY_FOUND            4041 the SIM says that it does not have the key
//	406 PB_SIGNATURE_PROCESS    the SIM is being asked
//	407 REGISTRATION            MSS_RegistrationReq: not registered
//	501 REVOKED_CERTIFICATE     revoked, suspended or expired
//	502 VALID_SIGNATURE
//	503 INVALID_SIGNATURE       the SIM's signature does not verify
//	504 OUTSTANDING_TRANSACTION
//	505 CONSTRAINT_MISMATCH     the handset cannot display it
//	900 INTERNAL_ERROR          9003 the SIM's application refused
//
// Those that cannot arise:
//
//	1011, 1012                  there is no no-spam code: prompts are bounded for each card and application instead
//	1041                        a person ends a key, and switches no profile off
//	1052, 1054                  a number without a key is 1053, whoever holds it and with whatever SIM: applications learn no more
//	2094                        a handset that cannot is 505
//	4012, 4013                  the person confirms or cancels; a wrong PIN is asked again on the phone, and not told
//	403 CARD_BLOCKED            a blocked SIM PIN keeps the phone off the network (2093); the signing PIN is 402, and has no PUK
//	4042                        a profile is one key, of the one use that its certificate has
//	405 NO_URL_FOUND            no signature needs anything fetched
//	4071..4073                  nobody is registered here
//	422..425                    certificates and their status come from the authority in the same server: one that does not stand is 501, and
//	                            while no status can be had nothing is signed (208 at last)
//	450                         of one operator; where the phone is, is not asked
//	500 SIGNATURE               a signature that was not verified is never answered
//	701..780                    roaming between services (TS 102 207) is not done
//	9005..9008                  what is displayed is judged before the SIM is asked (102); hash and key are the service's choice
//
// # What it does not do
//
// XML signatures, MSS_Handshake, roaming (ETSI TS 102 207), encrypted data, user identifiers other than a number.
package mss
