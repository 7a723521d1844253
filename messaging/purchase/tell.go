package purchase

import (
	"context"
	"fmt"
	"time"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
	"simtrust/simshield/applet"
)

// tellTime is how long after the end it is tried to tell of it.
const tellTime = 10 * time.Minute

// heard says that the person is told of an end: one that they answered, or that came while their SIM was to ask. Who did nothing is not, and
// neither is anybody where the number or the SIM is in other hands.
func (p Purchase) heard(end Standing) bool {
	return end.Method != "" || p.atSIM() && end.Cause != CauseTenureEnded && end.Cause != CauseSIMChanged
}

// tell has the person told of the end in their talk with the chatbot, once. It is no condition of the end: who may not be written to is not told.
func (s *Service) tell(ctx context.Context, p Purchase) error {
	err := s.sendEnd(ctx, p)
	if err != nil && passing(err) && s.Now().Before(p.Ended.Add(tellTime)) {
		return s.postpone(ctx, p, err)
	}
	if err != nil {
		s.Log.InfoContext(ctx, "a person was not told of the end of a purchase", "purchase", p.ID, "reason", simtrust.ReasonOf(err))
	}
	return s.release(ctx, p, time.Time{})
}

// sendEnd sends the words under a key of the purchase's own, so that they go out once.
func (s *Service) sendEnd(ctx context.Context, p Purchase) error {
	client, err := s.Chatbots.Client(ctx, p.Chatbot)
	if err != nil {
		return err
	}
	number, err := s.Holders.Number(ctx, p.tenure)
	if err != nil || number.IsZero() {
		return err
	}
	amount, err := applet.ParseAmount(p.Amount, p.Currency)
	if err != nil {
		return err
	}
	_, err = s.Messages.Send(ctx, messaging.SendReq{Client: client, Chatbot: p.Chatbot, Key: p.ID + ".end", To: []string{number.E164()},
		Content: gsma.Content{Text: fmt.Sprintf(wordsIn(p.language).ends[p.State], amount)}, Class: dispatch.ClassTransaction,
		Language: gsma.Language(p.language)})
	return err
}
