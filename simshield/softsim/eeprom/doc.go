// Package eeprom is the non-volatile memory of a software card: a sequence of records, each durable as a whole or absent.
//
// # The file
//
// A card is one append-only file that only its owner may read: the line "simtrust card 1", then records
//
//	length(4) | check(4) | check(4) | data
//
// in network order. The first check covers the length, the second the data. Both are CRC-32C continued over the whole file, so a
// record that is changed, moved or taken out breaks every one behind it.
//
// # Power loss
//
// Append returns after fsync. A crash during it leaves an incomplete last record, which is dropped by the next Open: nobody was
// told that it had been written. Damage anywhere else is refused, because dropping what follows would give back PIN tries and OTA
// counters. Rewrite replaces the file by renaming.
//
// # What it does not do
//
// It stands for the inside of a chip. Who can write the file can also put an older copy in its place, and who can read it has the
// keys: it is for simulated subscribers.
package eeprom
