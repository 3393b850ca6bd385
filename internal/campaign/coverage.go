package campaign

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"

	"leadglass/internal/assess"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

// coverageOf is what a survey of s by this program covers; products is the
// file of more records of products, empty for none; version is the program's.
func coverageOf(s *scope.Scope, products, version string) (*survey.Coverage, error) {
	c := &survey.Coverage{
		ScopeName: s.Name, Ranges: rangesOf(s), Ports: slices.Concat(s.Ports.DICOM, s.Ports.HTTP), Version: version,
		CountMode: string(s.CountMode), DefaultAETitles: s.Allow.DefaultAETitles, Sample: s.Allow.Sample, DICOMweb: s.Allow.DICOMweb,
		PerHostTimeMS: s.Limits.PerHostTime.Milliseconds(), PerHostBytes: s.Limits.PerHostBytes,
	}
	if products != "" { // other things are recognised
		text, err := os.ReadFile(products)
		if err != nil {
			return nil, fmt.Errorf("reading the products file: %w", err)
		}
		sum := sha256.Sum256(text)
		c.Version += " with fingerprints " + hex.EncodeToString(sum[:4])
	}
	c.CalledAETitles = slices.Sorted(slices.Values(s.CalledAETitles))
	slices.Sort(c.Ports)
	c.Ports = slices.Compact(c.Ports)
	for _, check := range assess.Catalogue() {
		c.Checks = append(c.Checks, survey.CoveredCheck{ID: check.ID, Title: check.Title, Severity: check.Severity, Method: check.Method()})
	}
	slices.SortFunc(c.Checks, func(a, b survey.CoveredCheck) int { return cmp.Compare(a.ID, b.ID) })
	return c, nil
}

// rangesOf are the addresses that a sweep of s tries.
func rangesOf(s *scope.Scope) []survey.AddressRange {
	all := []survey.AddressRange{}
	for _, r := range s.Ranges() {
		all = append(all, survey.AddressRange{From: r[0], To: r[1]})
	}
	return all
}
