// Package redenvelope gives money or data away in messages, once to each person and to the last unit.
//
// # A campaign
//
// The operator funds an account of a chatbot. A campaign takes its budget out of it when it is made, and shares it out to whoever opens its
// card first: the same to everybody, or at random from 1 to just below twice the mean of what is left, drawn from the system's secure source
// when the card is opened, the last taking the rest; what one can expect is the same at every place in the order. What is left when the time
// is over, or when its sender closes it, goes back.
//
// # The ledger
//
// Every movement is an entry that takes an amount from one account and gives it to another: operator, chatbot, campaign, person. So debits
// are credits at every moment, and the entry's key (both accounts, and a reference) has each movement happen once: one funding for a key, one
// share for a person, one return for a campaign. Balances are kept beside the entries in the same transaction, and can never fall below zero.
//
// # A claim
//
// The card's button comes back to this package ([Service.Tapped]), which claims for the tenure that pressed it: a person, not a number. It
// counts only as an answer to a card that went to this very tenure. Rules of the campaign keep farms of numbers out, by what renumber knows: for
// how long the number has been held, for how long the SIM has served it, how many numbers the telephone serves. Where that cannot be told, nobody gets
// anything. Claims that come at once are allotted together in the order of their arrival, in one transaction that holds the campaign's row;
// each is answered after the commit. Whoever claims again is answered the same, and is told by message once.
//
// # Fulfilment
//
// A share is owed from its commit on. The operator's system ([Fulfiller]) is told of every share in the order of their numbers, page by page, at
// least once, until it acknowledges the page; shares have ids by which it pays each once. Nodes take turns by leases.
//
// # What it does not do
//
// It pays nobody, and does not know whether they were paid. The order of claims is that of their arrival at the nodes, not of people's taps.
package redenvelope
