package rbm_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
	"simtrust/messaging/rbm"
	"simtrust/messaging/sender"
)

func TestAMessageIsSentOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		first := does[rbm.AgentMessage](t, w, "bank", "POST", to(person, "a1", bank), string(sample(t, "agentMessage-text.json")))
		want := rbm.AgentMessage{Name: "phones/" + person + "/agentMessages/a1", SendTime: start, ContentMessage: text("Hello, world!")}
		if diff := cmp.Diff(want, first); diff != "" {
			t.Error(diff)
		}
		request := messaging.SendReq{Client: "bank", Chatbot: bank, Key: "rbm:a1", To: []string{person}, Class: dispatch.ClassTransaction, Content: gsma.Content{Text: "Hello, world!"}, Life: 10 * time.Minute}
		if diff := cmp.Diff([]messaging.SendReq{request}, w.requests()); diff != "" {
			t.Error(diff)
		}
		// With Google's own parameters, without the agent, with other content, for another person: it is the message of the id.
		for _, path := range []string{to(person, "a1", bank), "/rbm/v1/phones/%2B8613800000001/agentMessages?messageId=a1&alt=json&prettyPrint=false&$.xgafv=2", to(plain, "a1", bank)} {
			again := does[rbm.AgentMessage](t, w, "bank", "POST", path, string(sample(t, "agentMessage-file.json")))
			if diff := cmp.Diff(want, again); diff != "" {
				t.Error(path, diff)
			}
		}
		if len(w.sent) != 1 {
			t.Errorf("%d messages", len(w.sent))
		}
		does[rbm.AgentMessage](t, w, "rail", "POST", to(person, "a1", rail), string(sample(t, "agentMessage-text.json"))) // another agent's ids are its own
		if len(w.sent) != 2 {
			t.Errorf("%d messages", len(w.sent))
		}
	})
}

func TestTwentyCopiesAtOnceAreOneMessage(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if m := does[rbm.AgentMessage](t, w, "bank", "POST", to(person, "a1", bank), string(sample(t, "agentMessage-text.json"))); m.ContentMessage.Text != "Hello, world!" {
					t.Errorf("%+v", m)
				}
			})
		}
		all.Wait()
		if len(w.sent) != 1 {
			t.Errorf("%d messages", len(w.sent))
		}
	})
}

func TestLivesAndClasses(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		const content = `"contentMessage":{"text":"t"}`
		for i, c := range []struct {
			body    string
			class   dispatch.Class
			life    time.Duration
			expires time.Time
		}{
			{``, dispatch.ClassService, 30 * 24 * time.Hour, time.Time{}},
			{`,"messageTrafficType":"AUTHENTICATION"`, dispatch.ClassAuthentication, 0, time.Time{}},
			{`,"messageTrafficType":"PROMOTION","ttl":"1296000s"`, dispatch.ClassPromotion, 15 * 24 * time.Hour, time.Time{}},
			{`,"messageTrafficType":"SERVICEREQUEST","ttl":"0.5s"`, dispatch.ClassService, 500 * time.Millisecond, time.Time{}},
			{`,"messageTrafficType":"ACKNOWLEDGEMENT","expireTime":"2026-11-22T10:00:00+01:00"`, dispatch.ClassService, 0, start.Add(time.Hour)},
		} {
			does[rbm.AgentMessage](t, w, "bank", "POST", to(person, "m"+strconv.Itoa(i), bank), `{`+content+c.body+`}`)
			if got := w.requests()[i]; got.Class != c.class || got.Life != c.life || !got.Expires.Equal(c.expires) {
				t.Errorf("%s: %s %s %s", c.body, got.Class, got.Life, got.Expires)
			}
		}
	})
}

func TestWhoCannotBeReached(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		body := string(sample(t, "agentMessage-text.json"))
		does[rbm.AgentMessage](t, w, "bank", "POST", to(plain, "a1", bank), body) // degrades
		without := w.fails(t, "rail", "POST", to(plain, "a1", rail), body, rbm.NotFound)
		if not := w.fails(t, "rail", "POST", to(stranger, "a1", rail), body, rbm.NotFound); not != without {
			t.Errorf("who may not be written to is told apart: %s, %s", not, without)
		}
		w.fails(t, "bank", "POST", to(stranger, "a2", bank), body, rbm.NotFound)
		for _, n := range []string{plain, stranger} {
			w.fails(t, "bank", "GET", "/rbm/v1/phones/"+n+"/capabilities?requestId=1", nil, rbm.NotFound)
			w.fails(t, "bank", "POST", "/rbm/v1/phones/"+n+"/agentEvents?eventId=1", string(sample(t, "agentEvent-typing.json")), rbm.NotFound)
			w.fails(t, "bank", "POST", "/rbm/v1/phones/"+n+"/testers", `{}`, rbm.NotFound)
		}
		if len(w.sent) != 1 {
			t.Errorf("%d messages", len(w.sent))
		}
	})
}

func TestStrangersToTheFaceAreRefused(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		body := string(sample(t, "agentMessage-text.json"))
		for _, c := range []struct {
			who, agent string
			want       rbm.Status
		}{
			{"", bank, rbm.Unauthenticated}, {"expired", bank, rbm.Unauthenticated}, {"reader", bank, rbm.PermissionDenied},
			{"rail", bank, rbm.PermissionDenied}, {"bank", "bot_none", rbm.PermissionDenied}, {"many", "", rbm.InvalidArgument},
		} {
			w.fails(t, c.who, "POST", to(person, "a1", c.agent), body, c.want)
			w.fails(t, c.who, "DELETE", "/rbm/v1/phones/"+person+"/agentMessages/a1?agentId="+c.agent, nil, c.want)
			w.fails(t, c.who, "POST", "/rbm/v1/phones/"+person+"/agentEvents?eventId=1&agentId="+c.agent, string(sample(t, "agentEvent-read.json")), c.want)
			w.fails(t, c.who, "GET", "/rbm/v1/phones/"+person+"/capabilities?agentId="+c.agent, nil, c.want)
			w.fails(t, c.who, "POST", "/rbm/v1/users:batchGet?agentId="+c.agent, `{"users":["`+person+`"]}`, c.want)
			w.fails(t, c.who, "POST", "/rbm/v1/files?agentId="+c.agent, `{"fileUrl":"https://media.example.com/a.png"}`, c.want)
			w.fails(t, c.who, "POST", "/rbm/upload/v1/files?agentId="+c.agent, "octets", c.want)
			w.fails(t, c.who, "POST", "/rbm/v1/phones/"+person+"/capability:requestCapabilityCallback?agentId="+c.agent, `{"requestId":"1"}`, c.want)
		}
		if len(w.sent) != 0 || len(w.revoked) != 0 {
			t.Errorf("%v %v", w.sent, w.revoked)
		}
	})
}

func TestMalformedRequestsHaveGooglesError(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct{ path, body string }{
			"no id":             {to(person, "", bank), `{"contentMessage":{"text":"t"}}`},
			"an id too long":    {to(person, strings.Repeat("a", 121), bank), `{"contentMessage":{"text":"t"}}`},
			"an id of paths":    {to(person, "a%2Fb", bank), `{"contentMessage":{"text":"t"}}`},
			"no number":         {to("13800000001", "a", bank), `{"contentMessage":{"text":"t"}}`},
			"no JSON":           {to(person, "a", bank), `{`},
			"two texts":         {to(person, "a", bank), `{"contentMessage":{"text":"t","text":"u"}}`},
			"unknown member":    {to(person, "a", bank), `{"contentMessage":{"text":"t","colour":"red"}}`},
			"unknown parameter": {to(person, "a", bank) + "&silent=true", `{"contentMessage":{"text":"t"}}`},
			"a number as text":  {to(person, "a", bank), `{"contentMessage":{"text":7}}`},
			"nothing":           {to(person, "a", bank), `{}`},
			"too large":         {to(person, "a", bank), `{"contentMessage":{"text":"` + strings.Repeat("t", 250_000) + `"}}`},
			"too long":          {to(person, "a", bank), `{"contentMessage":{"text":"` + strings.Repeat("t", 3073) + `"}}`},
			"unknown traffic":   {to(person, "a", bank), `{"contentMessage":{"text":"t"},"messageTrafficType":"SPAM"}`},
			"no time":           {to(person, "a", bank), `{"contentMessage":{"text":"t"},"ttl":"0s"}`},
			"negative":          {to(person, "a", bank), `{"contentMessage":{"text":"t"},"ttl":"-1s"}`},
			"too long a time":   {to(person, "a", bank), `{"contentMessage":{"text":"t"},"ttl":"1296000.1s"}`},
			"a time of day":     {to(person, "a", bank), `{"contentMessage":{"text":"t"},"ttl":"10m"}`},
			"the past":          {to(person, "a", bank), `{"contentMessage":{"text":"t"},"expireTime":"2026-11-22T08:00:00Z"}`},
			"the far future":    {to(person, "a", bank), `{"contentMessage":{"text":"t"},"expireTime":"2026-12-08T08:00:00Z"}`},
			"two times":         {to(person, "a", bank), `{"contentMessage":{"text":"t"},"ttl":"9s","expireTime":"2026-11-22T09:00:00Z"}`},
			"a foreign file":    {to(person, "a", bank), `{"contentMessage":{"fileName":"files/fil_bot_rail"}}`},
			"no event":          {"/rbm/v1/phones/" + person + "/agentEvents?eventId=1", `{"eventType":"DELIVERED"}`},
			"read what":         {"/rbm/v1/phones/" + person + "/agentEvents?eventId=1", `{"eventType":"READ"}`},
			"typing what":       {"/rbm/v1/phones/" + person + "/agentEvents?eventId=1", `{"eventType":"IS_TYPING","messageId":"m"}`},
			"event without id":  {"/rbm/v1/phones/" + person + "/agentEvents", `{"eventType":"IS_TYPING"}`},
			"nobody":            {"/rbm/v1/users:batchGet", `{"users":[]}`},
			"not a number":      {"/rbm/v1/users:batchGet", `{"users":["` + person + `","x"]}`},
			"everybody":         {"/rbm/v1/users:batchGet", `{"users":[` + strings.Repeat(`"`+person+`",`, 10_000) + `"` + person + `"]}`},
			"two agents":        {"/rbm/v1/users:batchGet?agentId=" + bank, `{"users":["` + person + `"],"agentId":"` + rail + `"}`},
			"a file of no URL":  {"/rbm/v1/files", `{"fileUrl":"file:///etc/passwd"}`},
			"a bad thumbnail":   {"/rbm/v1/files", `{"fileUrl":"https://media.example.com/a.png","thumbnailUrl":"x"}`},
			"an odd file":       {"/rbm/upload/v1/files", `octets`},
		} {
			message := w.fails(t, "bank", "POST", c.path, c.body, rbm.InvalidArgument)
			if strings.Contains(message, "138") || strings.Contains(message, "passwd") {
				t.Errorf("%s: the message repeats the request: %s", name, message)
			}
		}
		w.fails(t, "bank", "GET", "/rbm/v1/nothing", nil, rbm.NotFound)
		w.fails(t, "bank", "PUT", to(person, "a", bank), `{}`, rbm.NotFound)
		if len(w.sent) != 0 {
			t.Errorf("%v", w.sent)
		}
	})
}

func TestRevocationAlwaysSaysYes(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		does[rbm.AgentMessage](t, w, "bank", "POST", to(person, "a1", bank), string(sample(t, "agentMessage-text.json")))
		for _, path := range []string{"/rbm/v1/phones/" + person + "/agentMessages/none", "/rbm/v1/phones/" + plain + "/agentMessages/a1"} {
			does[struct{}](t, w, "bank", "DELETE", path, nil)
		}
		does[struct{}](t, w, "rail", "DELETE", "/rbm/v1/phones/"+person+"/agentMessages/a1", nil)
		if len(w.revoked) != 0 {
			t.Errorf("%v", w.revoked)
		}
		does[struct{}](t, w, "bank", "DELETE", "/rbm/v1/phones/"+person+"/agentMessages/a1?agentId="+bank, nil)
		if !cmp.Equal(w.revoked, []string{"bank msg_0"}) {
			t.Errorf("%v", w.revoked)
		}
	})
}

func TestCapabilitiesEventsAndUsers(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		have := map[rbm.Feature]bool{}
		for _, f := range does[rbm.Capabilities](t, w, "bank", "GET", "/rbm/v1/phones/"+person+"/capabilities?requestId=1", nil).Features {
			have[f] = true
		}
		for _, f := range read[rbm.Capabilities](t, "capabilities.json").Features {
			if !have[f] {
				t.Errorf("no %s", f)
			}
		}
		e := does[rbm.AgentEvent](t, w, "bank", "POST", "/rbm/v1/phones/"+person+"/agentEvents?eventId=e1", string(sample(t, "agentEvent-typing.json")))
		if diff := cmp.Diff(rbm.AgentEvent{Name: "phones/" + person + "/agentEvents/e1", EventType: rbm.IsTyping, SendTime: start}, e); diff != "" {
			t.Error(diff)
		}
		if got := does[rbm.Tester](t, w, "bank", "POST", "/rbm/v1/phones/"+person+"/testers", `{}`); got.Invite != rbm.InviteAccepted {
			t.Errorf("%+v", got)
		}
		few := does[rbm.Reachable](t, w, "bank", "POST", "/rbm/v1/users:batchGet", rbm.BatchGet{Users: []string{person, plain, stranger, person}})
		if diff := cmp.Diff(rbm.Reachable{Users: []string{person}}, few); diff != "" {
			t.Error(diff)
		}
		var numbers []string
		for i := range 600 {
			numbers = append(numbers, "+49"+strconv.Itoa(1_000_000+i))
		}
		many := does[rbm.Reachable](t, w, "bank", "POST", "/rbm/v1/users:batchGet?agentId="+bank, rbm.BatchGet{Users: numbers})
		if len(many.Users) != 600 || many.Sample != 450 || many.ReachableSample != 450 {
			t.Errorf("%d %d %d", len(many.Users), many.Sample, many.ReachableSample)
		}
		w.fails(t, "bank", "POST", "/rbm/v1/phones/"+person+"/capability:requestCapabilityCallback", `{"requestId":"1"}`, rbm.Unimplemented)
	})
}

// TestTesters: an agent asks for 20 a day and for 200 in all, at once or one after the other; another agent has its own.
func TestTesters(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		const path = "/rbm/v1/phones/" + person + "/testers"
		var taken, refused atomic.Int32
		var all sync.WaitGroup
		for range 25 {
			all.Go(func() {
				switch status, _ := w.call(t, "bank", "POST", path, `{}`); status {
				case http.StatusOK:
					taken.Add(1)
				case http.StatusTooManyRequests:
					refused.Add(1)
				}
			})
		}
		all.Wait()
		if taken.Load() != 20 || refused.Load() != 5 {
			t.Errorf("%d were taken, %d refused", taken.Load(), refused.Load())
		}
		w.fails(t, "bank", "POST", path, `{}`, rbm.ResourceExhausted)
		w.fails(t, "bank", "POST", "/rbm/v1/phones/"+stranger+"/testers", `{}`, rbm.ResourceExhausted) // as of who can be reached
		does[rbm.Tester](t, w, "rail", "POST", path, `{}`)
		for range 9 {
			w.now = w.now.Add(24 * time.Hour)
			for range 20 {
				does[rbm.Tester](t, w, "bank", "POST", path, `{}`)
			}
		}
		w.now = w.now.Add(24 * time.Hour)
		w.fails(t, "bank", "POST", path, `{}`, rbm.ResourceExhausted)
		w.fails(t, "bank", "POST", "/rbm/v1/phones/13800000001/testers", `{}`, rbm.InvalidArgument)
		does[rbm.Tester](t, w, "rail", "POST", path, `{}`)
	})
}

func TestFilesHaveNames(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		named := does[rbm.File](t, w, "bank", "POST", "/rbm/v1/files", `{"fileUrl":"https://media.example.com/a.mp4","thumbnailUrl":"https://media.example.com/t.png"}`)
		body := `{"contentMessage":{"uploadedRbmFile":{"fileName":"` + named.Name + `"}}}`
		does[rbm.AgentMessage](t, w, "bank", "POST", to(person, "a1", bank), body)
		got := w.requests()[0].Content.File
		if got == nil || got.URL != "https://media.example.com/a.mp4" || got.ContentType != "video/mp4" || got.Thumbnail.URL != "https://media.example.com/t.png" {
			t.Errorf("%+v", got)
		}
		w.fails(t, "rail", "POST", to(person, "a1", rail), body, rbm.InvalidArgument)
		w.now = start.Add(60*24*time.Hour + time.Second)
		if err := w.service.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.fails(t, "bank", "POST", to(person, "a2", bank), body, rbm.InvalidArgument)
	})
}

// TestFilesWithoutAStore: an agent that cannot be asked how many names it has is not told that it has too many.
func TestFilesWithoutAStore(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		w.without(t, "messaging_rbm_file")
		w.fails(t, "bank", "POST", "/rbm/v1/files", `{"fileUrl":"https://media.example.com/a.png"}`, rbm.Internal)
	})
}

func TestErrorsFromBehindTheFace(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		body := string(sample(t, "agentMessage-text.json"))
		for want, err := range map[rbm.Status]error{
			rbm.ResourceExhausted: refusal(simtrust.KindLimited, sender.ReasonOverDay),
			rbm.PermissionDenied:  refusal(simtrust.KindDenied, sender.ReasonSuspended),
			rbm.InvalidArgument:   refusal(simtrust.KindInvalid, messaging.ReasonLimit),
			rbm.Unavailable:       refusal(simtrust.KindUnavailable, messaging.ReasonKeyBusy),
			rbm.Internal:          refusal(simtrust.KindInternal, ""),
		} {
			w.refuse = err
			w.fails(t, "bank", "POST", to(person, "a1", bank), body, want)
		}
		w.refuse, w.away = nil, refusal(simtrust.KindUnavailable, "store_unavailable")
		w.fails(t, "bank", "POST", to(person, "a1", bank), body, rbm.Unavailable)
		if len(w.sent) != 0 {
			t.Errorf("%v", w.sent)
		}
	})
}

// elsewhere are reasons of operations that the face does not use, and of single recipients, which it tells of as one.
var elsewhere = strings.Fields(`
	ReasonHoldBack ReasonLanguage ReasonNoFile ReasonInbound ReasonNobody ReasonLogin ReasonReplaced ReasonDuplicate ReasonConversation
	ReasonExpired ReasonRevoked ReasonNoAnswer ReasonReport ReasonUnreachable
	ReasonName ReasonResembles ReasonOrganization ReasonClient ReasonServiceID ReasonServiceTaken ReasonProfile ReasonMenu ReasonQuotas ReasonWhy ReasonPage
	ReasonUnknownBrand ReasonUnknownBot ReasonChanged ReasonNothing ReasonBrandOpen ReasonNotSuspended ReasonCertUnknown ReasonCertKey ReasonProof
	ReasonProofStale ReasonTemplate ReasonClass ReasonUnknownText ReasonReviewed ReasonNotApproved ReasonValues ReasonCount ReasonNotDelivered ReasonSpamKind
	ReasonCorrelator ReasonUnreachable ReasonCircuitOpen`)

// byKind are reasons of sender whose kind says enough.
var byKind = strings.Fields(`ReasonNotYours ReasonNotVerified ReasonSuspended ReasonCertMissing ReasonCertExpired ReasonCertRevoked ReasonCertProfile ReasonCertOther
	ReasonOverSecond ReasonOverDay ReasonOverMonth ReasonOverYear`)

// TestEveryReasonIsMapped reads the reasons that the packages behind the face declare, so that a new one is thought of here.
func TestEveryReasonIsMapped(t *testing.T) {
	sorted := map[string]bool{}
	for _, name := range append(elsewhere, byKind...) {
		sorted[name] = true
	}
	for _, dir := range []string{".", "..", "../dispatch", "../sender", "../../internal/rpc"} {
		for name, reason := range reasonsOf(t, dir) {
			if !rbm.Maps(reason) && !sorted[name] {
				t.Errorf("%s: %s (%s) has no status", dir, name, reason)
			}
		}
	}
}

// reasonsOf are the constants Reason… of a package.
func reasonsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		p, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(p, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != len(spec.Names) {
				return true
			}
			for i, name := range spec.Names {
				if value, ok := spec.Values[i].(*ast.BasicLit); ok && strings.HasPrefix(name.Name, "Reason") {
					found[name.Name], _ = strconv.Unquote(value.Value)
				}
			}
			return true
		})
	}
	return found
}

// TestTextsThatNoStoreTakes: what PostgreSQL takes for no text is the caller's mistake, and not the platform's.
func TestTextsThatNoStoreTakes(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		w.fails(t, "bank", "POST", to(person, "a1", bank), `{"contentMessage":{"fileName":"files/url_\u0000"}}`, rbm.InvalidArgument)
		does[struct{}](t, w, "bank", "DELETE", "/rbm/v1/phones/"+person+"/agentMessages/a%00", nil)
		w.refuse = refusal(simtrust.KindInvalid, sqldb.ReasonText)
		w.fails(t, "bank", "POST", to(person, "a1", bank), `{"contentMessage":{"text":"a"}}`, rbm.InvalidArgument)
	})
}
