// Package web renders the pages that a person sees: consent and its dead ends avoided, the demo shop, the operator's desk, the
// simulated phones.
//
// Pages are plain HTML: one request, one embedded style sheet, no script but the one that keeps messages up to date, nothing loaded
// from elsewhere but the media of a message. They speak Chinese and English and are made for a phone first. The package takes plain values
// and decides nothing.
package web
