// Package pdf makes room for a signature in a PDF (ISO 32000-1, section 12.8), by an incremental update (section 7.5.6): what was there
// stays as it is, octet for octet.
//
// Room adds a signature dictionary of SubFilter ETSI.CAdES.detached, an invisible signature field on the first page, and the field's
// entries in page and AcroForm; ByteRange covers the file but for the value of Contents. Fill puts the message there.
//
// Files are taken that have tables of cross-references from the last section to the first. Refused, with the reason, are files that
// are encrypted, that have cross-reference streams, that were certified or carry an XFA form, that have anything behind the last
// end-of-file mark, or in which something is not where the tables say. Nothing is repaired: a reader that repairs a file otherwise would
// show something else than what was signed.
package pdf
