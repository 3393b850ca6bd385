package survey

// Suspicion marks archives that may not hold real patients. Each mark has at
// least one reason; the rule by which Signs become marks is that of package
// suspect.
type Suspicion struct {
	Honeypot bool `json:"honeypot"`
	TestData bool `json:"test_data"`
	// Veterinary: the studies are of animals, which are patients of nobody's
	// health service.
	Veterinary bool `json:"veterinary,omitempty"`
	// DemoServer: a public demonstration server. TestData is set as well.
	DemoServer bool     `json:"demo_server,omitempty"`
	Reasons    []string `json:"reasons"`
	// Signs are all that was seen, also what does not suffice for a mark.
	Signs []Sign `json:"signs,omitempty"`
}

// Any reports whether there is any mark.
func (s Suspicion) Any() bool { return s.Honeypot || s.TestData || s.Veterinary }

// Suspect is what an archive is suspected of.
type Suspect string

// What archives can be suspected of.
const (
	SuspectHoneypot   Suspect = "honeypot"
	SuspectTestData   Suspect = "test-data"
	SuspectVeterinary Suspect = "veterinary"
)

// Sign is one piece of evidence for a suspicion. It holds no value of a
// patient and no text that a peer chose.
type Sign struct {
	// Rule names the rule of package suspect that gave it.
	Rule string `json:"rule"`
	// Kind says what was looked at; signs of one kind are not independent.
	Kind string `json:"kind"`
	// Of is what it speaks for.
	Of []Suspect `json:"of"`
	// Weight is 1 (a hint), 2 (a sign) or 3 (enough by itself).
	Weight int `json:"weight"`
	// Text says in a sentence what was seen.
	Text string `json:"text"`
}
