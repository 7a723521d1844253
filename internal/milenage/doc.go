// Package milenage is the 3GPP authentication of a SIM, for the card and for the network's authentication centre: the algorithm set
// Milenage (3GPP TS 35.206), the tokens AUTN and AUTS (3GPP TS 33.102 §6.3) and the sequence numbers (annex C, profile 2).
//
// The home network draws a random RAND, takes the [SQN.Next] number and sends the challenge of [Algorithm.Vector]. The card answers it
// with [Algorithm.Authenticate]: it proves that it knows the key, or says that the token is forged ([ErrMAC]) or that the number is
// not fresh ([SyncError], with an AUTS). The home network takes an AUTS with [Algorithm.CheckAUTS] and [SQN.Resync].
//
// Keeping is the caller's part: the home network stores a number before it uses it, and the card stores its [Window] before it
// answers, or a number works twice. Codes are compared in constant time, and keys do not print.
package milenage
