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
// # What it does not do
//
// XML signatures, MSS_Handshake, roaming (ETSI TS 102 207), encrypted data, user identifiers other than a number.
package mss
