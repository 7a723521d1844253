// Package smsc is the bearer of text messages: an operator's service centre, reached over SMPP 3.4.
//
// # To the service centre
//
// A copy is a submit_sm, or one for each segment of a long text (user data header, reference of 16 bits), from the chatbot's address: the
// operator's base number and a few digits that are allotted to the chatbot when it first sends, and stay its own. registered_delivery
// asks for the last word; validity_period ends with the message. A text on the channel of card messages travels as it is, under the
// operator's service_type for it where there is one: the maker of the handset reads it as a card.
//
// A service centre takes no ids from its clients. So a submit_sm whose answer was lost cannot be asked about, and nobody knows what
// became of the copy; but for one of several segments, where those whose answers came can be asked about. Where the service centre has
// enough (ESME_RTHROTTLED, ESME_RMSGQFUL), is out of order (ESME_RSYSERR) or is away, nothing was taken and it is left alone for a time;
// any other refusal is final, and is the reason of the failure. Of a copy that was refused in the middle, the segments that were taken
// are called back: they are no message. Where that fails for one of them the copy counts as one whose answer was lost.
//
// What a copy's segments came to is kept by the service centre's ids until three days after the message has ended. A copy arrived when
// all its segments have, and failed when one has. query_sm and cancel_sm name each segment; a copy of which one segment was called back
// does not arrive.
//
// # From the service centre
//
// A deliver_sm or data_sm is answered when what it says is durable, or when it says nothing that could ever be used. Receipts are read
// from their text and from their parameters. Service centres that write ids in receipts in another base than in their answers are named
// in the configuration; it is not guessed, since a number can be read in both. A receipt may overtake the answer to its submission, and
// so waits for up to two seconds for its id to become known; what is unknown then is acknowledged, counted and forgotten. Where many
// wait, the service centre is asked to come again.
//
// A text from a person goes to the chatbot that it is addressed to, when all its segments are there; they have an hour. SMPP gives such
// texts no ids. So the same text from the same person to the same chatbot, under the same reference where it is long, has one id when it
// comes within a minute, as it does where an answer to the service centre was lost. Whoever takes texts knows what they answer, and so has
// to tell the same answer to two messages apart from one that came twice. The price is that a person who really sends the same short text
// twice within a minute, and does not answer two messages with it, is heard once; one that the service centre brings again only later is
// heard twice; and one that it brings again when another message with answers has gone out in between is heard as the answer to that.
//
// Persons' numbers come with a submission or a text and are neither stored nor logged: what is kept of a text on its way is known by
// keyed digests.
package smsc
