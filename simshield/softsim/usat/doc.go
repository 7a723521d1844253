// Package usat is what a card and a handset say to each other in the toolkit (3GPP TS 31.111, ETSI TS 102 223): the commands that a
// card has a handset carry out, its answers, short messages handed to the card, and what a handset can do. It has the part that a
// signing applet needs: DISPLAY TEXT, GET INPUT and SEND SHORT MESSAGE.
//
// Parsing is strict where the two could understand something differently: an element that must be comprehended and is not known
// refuses the whole.
package usat
