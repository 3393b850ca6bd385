package report

import (
	"strings"

	"leadglass/internal/survey"
)

// texts are the method, the limits, and the meaning of the qualities, as the
// report states them. They hold no number of archives.
func texts(a *Aggregate, least int64) (method, limits, notes []string) {
	method = []string{
		"Only addresses inside the scope that the named authority ordered were contacted, through a single gate that refuses every other address.",
		"An archive counts as freely accessible when it answered a query for studies (open), or answered it and would send images too (open, with images). An accepted association or presentation context alone is not counted as exposure.",
		"Study records and images linked are the archive's own figures: the answers to queries that ask for study identifiers, numbers of images, dates and modalities, or routes that return numbers only.",
		"Images accessible are the linked images of archives whose retrieval route answered as open to a probe that cannot receive an image. No image was retrieved.",
		"No value of a patient attribute was copied out of the receive buffer, stored, or printed.",
	}
	if said := countrySources(a.Survey.Sources); said != "" {
		method = append(method, "The country of an archive is that of its address, by the first of these that knows it: "+said+".")
	}
	if a.UniqueStudies.Archives > 0 {
		method = append(method, "Different studies are estimated with a keyed HyperLogLog sketch of each archive's study identifiers; the key was made for this survey and not kept.")
	}
	if a.Survey.Simulated {
		limits = append(limits, "This survey is simulated. The archives are those of Leadglass's laboratory; the figures say nothing about real archives, countries or products.")
	}
	if a.Survey.State != survey.StateFinished {
		limits = append(limits, "The survey was not finished when this report was made; the figures are those obtained so far.")
	}
	if a.Incomplete > 0 {
		limits = append(limits, "Some archives could not be examined to the end (a budget ran out, or a part did not answer).")
	}
	if a.NotExamined > 0 {
		limits = append(limits, "Some networks accept connections on every port of every address. Of these only a sample of the addresses was examined; archives at the others are not in the figures, which are lower bounds.")
	}
	limits = append(limits,
		"The figures are those of the survey's dates; archives come and go.",
		"Products and toolkits are those recognised as certain or likely; an archive of which the product could only be guessed counts among those of unknown product.",
		"An archive is an address, not an operator: several archives may belong to one organisation. A study record is one examination, not one patient.",
		"A country that is not listed was not found to have an archive in this scope, or is among the other countries; it is not shown to be free of them.",
	)
	if least > 1 {
		limits = append(limits, "Cells with few archives behind them are withheld, and sums of which one archive makes up more than 80 %, and so are further cells from which those could be worked out. A total that is withheld for such an archive alone is given as a coarse lower bound.",
			"The load of the survey is withheld: what it sends and receives follows what the archives hold.")
	}
	if a.Suspects.Honeypot+a.Suspects.TestData+a.Suspects.Veterinary > 0 {
		limits = append(limits, "Some archives look like honeypots, or hold test data or the studies of animals; the totals include them, and are given without them too where that discloses no single archive.")
	}
	if a.UnreadableSketches > 0 {
		limits = append(limits, "The sketches of some archives could not be read; their studies are not in the estimate of different studies.")
	}
	notes = []string{
		"exact: the sum of figures that are all exact.",
		"lower-bound: at least so many; for some archives only a lower bound is known, or no number at all. Estimates enter with the low end of their interval.",
		"estimate: some archives were counted by sample; the interval adds their half-widths in quadrature, since they were sampled independently.",
		"unknown: no archive gave a number.",
	}
	return method, limits, notes
}

// countrySources are the sources that name countries, with what their licences
// ask to be said.
func countrySources(list []survey.Source) string {
	var said []string
	for _, s := range list {
		if s.Kind != survey.SourceRDAP {
			said = append(said, s.String())
		}
	}
	return strings.Join(said, "; ")
}
