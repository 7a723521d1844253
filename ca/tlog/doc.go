// Package tlog publishes every issued certificate in a transparency log: a Merkle tree of RFC 6962 in the files of C2SP tlog-tiles,
// with checkpoints as signed notes (C2SP tlog-checkpoint, Ed25519).
//
// # Entries
//
// An entry is a certificate in DER where its profile is logged in full, that is for TLS; otherwise it is the 32 octets of the
// SHA-256 of the certificate, so nothing of a person is published. [Digest] tells both as the same hash.
//
// The evidence of signatures that people gave is logged too, as a label and its SHA-256 ([ReceiptEntry]). What it is about, nobody can
// tell who does not have it.
//
// # Order
//
// The handlers of ca.Issued and of receipts give every entry its index, in one transaction with the count, and at most one: the event may
// come again. The writer copies that order into the folder, from where the folder ends. So nothing is in the log twice, whenever a
// process dies, and a folder that was lost is made again from the database, the same to the last octet.
//
// # One writer
//
// The process that holds the lease (4 s, renewed) writes; another takes over when it has run out or was given back. A lock on the file
// DIR.lock keeps one that was stopped in mid-write and forgot the time off the folder. When it opens the folder, a writer compares
// its root with the order in the database, and writes nothing where they differ. The folder is shared storage with working locks,
// or each node has its own: then the one that holds the lease serves a fresh log, so let one node alone serve it.
//
// # Checkpoints
//
// A checkpoint is signed at most a second after its entries are in the folder. Before each signature the size and root are made
// durable in the database. No checkpoint is signed for a tree that is smaller than one signed before, is another of the same size,
// does not extend it (the consistency is proven), or holds more than the database orders. So a folder restored from a backup
// catches up from the database first, and a database restored from a backup stops the log until the operator has a newer one.
// A backup of both at once, restored together, cannot be told from the present; auditors who keep checkpoints notice.
//
// # Audit
//
// [Auditor] verifies over HTTP that the log, the register and the audit chain tell the same. Of receipts it verifies that each is in the
// log once: who holds one has the proof that it is there ([Proof.Verify]).
package tlog
