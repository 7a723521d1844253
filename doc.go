// Package simtrust holds the vocabulary that every module shares: numbers, tenures, holder events and errors.
//
// A phone number is re-issued to strangers, so nothing in this system is attached to a number. Everything is attached to a
// [Tenure]: one holder's unbroken holding of one number. When the number goes to somebody else, whatever was bound to the
// old tenure stops matching by construction.
//
// The package imports the standard library only; every other package may import it.
package simtrust
