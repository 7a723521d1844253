// Package document makes signed documents with the document key in a person's SIM: one signature on the card for each document and
// format.
//
//   - cades: CMS signed data, with the document inside or detached, at level CAdES-B-T (ETSI EN 319 122-1). The message of an SM2 key
//     has the form of GB/T 35275.
//   - jades: JSON Web Signature, flattened, at level JAdES-B-T (ETSI TS 119 182-1): iat, x5c, x5t#S256, and sigTst in etsiU. No
//     header parameter used is one that crit has to name, and b64 is true, which is said by leaving it out (RFC 7797, section 3).
//   - pades: PDF, at level PAdES-B-T (ETSI EN 319 142-1), by an incremental update (package pdf).
//
// XAdES and ASiC-E are not made. JOSE has no algorithm for SM2, and PDF's ETSI.CAdES.detached no place for GB/T 35275: keys of SM2
// sign cades only.
//
// # The way of a document
//
// Start prepares what is signed, keeps it with a digest of the order, and asks the card (simshield.Service.SignHash): the person sees
// who asks and the title. When the signature is there, whoever comes first, the module's event or who asks for the document, has it
// time-stamped and puts the document together, once; a signature that is not by the document key over what was prepared makes none.
// The same order is the same document; with another content it is refused.
//
// Contents are kept for a day, or until the party removes them, and of one party up to 256 MiB. What was ordered is known for ever.
// Removing a document whose question is open cancels the question: the telephone drops it, and the document stands as cancelled.
package document
