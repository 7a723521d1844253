package sandbox

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// World is everything the simulated operator knows, kept in DIR/world.json: started again on the same folder it is the same world.
type World struct {
	Operator    string          `json:"operator"`
	Handset     string          `json:"handset"`
	Shop        string          `json:"shop"`
	Seeded      bool            `json:"seeded"`
	FeedSeq     int64           `json:"feed_seq"`
	Operation   *operation      `json:"operation,omitempty"`
	EST         *ESTCredential  `json:"est,omitempty"`
	MobileID    *MobileIDParty  `json:"mobile_id,omitempty"`
	MSS         *MSSParty       `json:"mss,omitempty"`
	Clients     []Client        `json:"clients"`
	Chatbots    []*Chatbot      `json:"chatbots,omitempty"`
	SMPP        *SMPPAccount    `json:"smpp,omitempty"`
	EAB         ExternalAccount `json:"acme_eab,omitzero"`
	Subscribers []*Subscriber   `json:"subscribers"`

	path string
}

// Subscriber is one number and, while it is assigned, its holder, SIM and phone.
type Subscriber struct {
	Number     string     `json:"number"`
	Holder     string     `json:"holder"`
	User       string     `json:"user,omitempty"` // whoever uses an organisation's line; empty for a person's own
	Tenure     string     `json:"tenure"`
	Since      time.Time  `json:"since"`
	Assigned   bool       `json:"assigned"`
	PortedOut  bool       `json:"ported_out,omitempty"`
	IP         string     `json:"ip"`
	Attached   bool       `json:"attached"`
	Sessions   []Session  `json:"sessions"`
	IMEI       string     `json:"imei"`
	Surname    string     `json:"surname"`
	GivenName  string     `json:"given_name"`
	NationalID string     `json:"national_identity_number"`
	Previous   []Interval `json:"previous"`
	SIM
	// Added are cards in further devices.
	Added []SIM `json:"added_sims,omitempty"`
	// Offline says that the phone is switched off, NoRCS that it cannot do rich messages.
	Offline bool `json:"offline,omitempty"`
	NoRCS   bool `json:"no_rcs,omitempty"`
	// Unenrolled are the applets of the card for which the world has yet to get keys certified.
	Unenrolled []string `json:"unenrolled,omitempty"`
}

// card is one of the number's cards.
func (s *Subscriber) card(iccid string) (SIM, bool) {
	for _, sim := range append([]SIM{s.SIM}, s.Added...) {
		if sim.ICCID == iccid {
			return sim, true
		}
	}
	return SIM{}, false
}

func (s *Subscriber) device() device { return device{RCS: !s.NoRCS, Online: !s.Offline} }

// sims are the cards that the number has in this network.
func (s *Subscriber) sims() []SIM {
	if !s.Assigned || s.PortedOut {
		return nil
	}
	return append([]SIM{s.SIM}, s.Added...)
}

// Session is one data session that the gateway holds open.
type Session struct {
	ID string `json:"id"`
	IP string `json:"ip"`
}

// Interval is an earlier holding of a number, half-open [Since, Until).
type Interval struct {
	Holder string    `json:"holder"`
	ICCID  string    `json:"iccid,omitempty"`
	IMSI   string    `json:"imsi,omitempty"`
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
}

const worldFile = "world.json"

// polled is the subscriber of a new world, counted from 0, whose card fetches its packets itself.
const polled = 9

// openWorld reads the world in dir, or makes one with n subscribers.
func openWorld(dir string, n int) (*World, error) {
	path := filepath.Join(dir, worldFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		w := &World{path: path}
		for i := range n {
			w.Subscribers = append(w.Subscribers, newSubscriber(i))
		}
		for i, s := range w.Subscribers[:min(n, enrolled)] {
			s.Unenrolled = []string{"bank", "eid"}
			if i == polled {
				s.Bearer = polling
			}
		}
		w.Subscribers[n-1].User = newHolder() // one line belongs to an organisation
		return w, nil
	}
	if err != nil {
		return nil, err
	}
	w := &World{path: path}
	if err := json.Unmarshal(text, w); err != nil {
		return nil, fmt.Errorf("sandbox: %s is damaged: %w; start on another --data folder", path, err)
	}
	return w, nil
}

func (w *World) save() error {
	text, err := json.MarshalIndent(w, "", " ")
	if err != nil {
		return err
	}
	return replaceFile(w.path, text)
}

// replaceFile writes a file for its owner only, in one step: a kill leaves the old text or the new one, and who reads meanwhile sees
// one of them whole.
func replaceFile(path string, text []byte) error {
	next := path + ".next"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(next, path)
}

// reachable reports whether the phone is on and the line is in this network.
func (s *Subscriber) reachable() bool { return s.Attached && s.Assigned && !s.PortedOut }

func (w *World) subscriber(number string) *Subscriber {
	for _, s := range w.Subscribers {
		if s.Number == number {
			return s
		}
	}
	return nil
}

// newSubscriber makes the i-th subscriber of a new world, counted from 0. Every fifth number had an earlier holder.
func newSubscriber(i int) *Subscriber {
	s := &Subscriber{
		Number:   fmt.Sprintf("+86138%08d", i+1),
		IP:       fmt.Sprintf("127.1.%d.%d", i/250, i%250+1),
		Assigned: true,
		Attached: true,
		IMEI:     "35" + digits(12) + "0",
	}
	s.Since = time.Date(2021, 3, 4, 0, 0, 0, 0, time.UTC).Add(time.Duration(i%700) * 24 * time.Hour)
	if i%5 == 4 {
		s.Previous = []Interval{{Holder: newHolder(), ICCID: newICCID(), IMSI: newIMSI(), Since: s.Since.AddDate(-5, 0, 0), Until: s.Since.AddDate(0, -6, 0)}}
	}
	s.newPerson()
	s.SIMPIN, s.LoginPIN, s.SigningPIN = "1234", "2580", "147258"
	return s
}

// newPerson gives the number to somebody else: another holder with another card and identity document.
func (s *Subscriber) newPerson() {
	s.Holder = newHolder()
	s.newIdentity()
	s.replaceSIM()
	s.Added = nil
}

func (s *Subscriber) newIdentity() {
	s.Surname, s.GivenName, s.NationalID = pick(surnames), pick(givenNames), nationalID()
}

// replaceSIM puts another card into the phone: subscription, keys and PINs are the card's, and it is reached as the one before was.
func (s *Subscriber) replaceSIM() {
	bearer := s.Bearer
	s.SIM, s.Unenrolled = makeSIM(), nil
	s.Bearer = bearer
}

var (
	surnames   = []string{"王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "林", "郭", "何", "高", "罗"}
	givenNames = []string{"伟", "芳", "娜", "敏", "静", "磊", "洋", "艳", "勇", "杰", "秀英", "志强", "桂兰", "建华", "小明", "海燕", "文博", "雨桐", "思远", "晓东"}
)

func newHolder() string { return "sub-" + octets(8) }

func pick(words []string) string {
	n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(words))))
	return words[n.Int64()]
}

func octets(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

func digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		d, _ := rand.Int(rand.Reader, big.NewInt(10))
		b[i] = '0' + byte(d.Int64())
	}
	return string(b)
}

// nationalID makes a resident identity number with its check character (GB 11643-1999: ISO 7064 MOD 11-2).
func nationalID() string {
	year, _ := rand.Int(rand.Reader, big.NewInt(50))
	month, _ := rand.Int(rand.Reader, big.NewInt(12))
	day, _ := rand.Int(rand.Reader, big.NewInt(28))
	body := fmt.Sprintf("110101%04d%02d%02d%s", 1955+year.Int64(), month.Int64()+1, day.Int64()+1, digits(3))
	sum := 0
	for i, c := range []byte(body) {
		sum += int(c-'0') * (1 << (17 - i) % 11)
	}
	return body + string("10X98765432"[sum%11])
}
