package sender

import "time"

// Config is what the operator sets. Members that are zero take the defaults.
type Config struct {
	// Issuer is the server's own URL, the audience of proofs of possession.
	Issuer string
	// Domain is where service ids are made, such as botplatform.rcs.operator.example.
	Domain string
	// Zone is where days, months and years begin; default: China's.
	Zone *time.Location
	// Quotas are those of a chatbot that has none of its own.
	Quotas Quotas
	Spam   Spam
}

// Spam says what reports by recipients lead to.
type Spam struct {
	// Window is how long a report counts.
	Window time.Duration
	// Throttle and Suspend are where a chatbot is slowed down and stopped.
	Throttle, Suspend Level
	// Percent of its quotas is what a throttled chatbot has.
	Percent int64
	// Pause is how long a chatbot stays throttled after the last report that was one too many.
	Pause time.Duration
}

// Level is reached by so many people, who are at least so many in a million messages. It takes both: a few people do not stop a sender of
// millions, and a first complaint does not stop a small one.
type Level struct{ People, PerMillion int64 }

func (l Level) reached(people, messages int64) bool {
	return people >= l.People && people*1_000_000 >= l.PerMillion*messages
}

// china has had no other time since 1991.
var china = time.FixedZone("Asia/Shanghai", 8*60*60)

var (
	defaultQuotas = Quotas{Second: 10_000, Day: 1_000_000, Month: 20_000_000, Year: 200_000_000}
	// The rates are those at which large mail providers begin to slow senders down, and to refuse them.
	defaultSpam = Spam{Window: 30 * 24 * time.Hour, Throttle: Level{People: 5, PerMillion: 1000}, Suspend: Level{People: 20, PerMillion: 3000},
		Percent: 10, Pause: 7 * 24 * time.Hour}
)

func (c Config) complete() Config {
	if c.Zone == nil {
		c.Zone = china
	}
	if c.Domain == "" {
		c.Domain = "botplatform.invalid"
	}
	c.Quotas = c.Quotas.or(defaultQuotas)
	if c.Spam == (Spam{}) {
		c.Spam = defaultSpam
	}
	return c
}
