package export

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"leadglass/internal/plain"
	"leadglass/internal/survey"
)

// The parts of SARIF 2.1.0 (OASIS) that are written.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID            string         `json:"id"`
		Short         sarifText      `json:"shortDescription"`
		Help          *sarifText     `json:"help,omitempty"`
		Configuration map[string]any `json:"defaultConfiguration"`
		Properties    map[string]any `json:"properties"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Kind         string            `json:"kind"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   map[string]any    `json:"properties"`
	}
	sarifLocation struct {
		Physical map[string]any `json:"physicalLocation"`
	}
)

// writeSARIF writes a run with a rule for each check and a result for each that
// failed, could not be decided, or passed.
func writeSARIF(w io.Writer, version string, findings []*survey.Finding) error {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "Leadglass", Version: version, Rules: []sarifRule{}}}, Results: []sarifResult{}, Invocations: []sarifInvocation{{Successful: true}}}
	for _, f := range findings {
		if f.Incomplete != nil {
			run.Invocations[0].Notifications = append(run.Invocations[0].Notifications, sarifNotification{"warning",
				sarifText{plain.Line("Not everything could be examined: " + *f.Incomplete)}, at(f, 0)})
		}
		for _, c := range judged(f) {
			run.add(f, c)
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	if err := e.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}); err != nil {
		return fmt.Errorf("writing SARIF: %w", err)
	}
	return nil
}

func at(f *survey.Finding, port uint16) []sarifLocation {
	return []sarifLocation{{map[string]any{"artifactLocation": map[string]string{"uri": place(f, port)}}}}
}

// add adds a result, and the rule of its check when it is the first.
func (r *sarifRun) add(f *survey.Finding, c survey.Check) {
	rules := &r.Tool.Driver.Rules
	i := slices.IndexFunc(*rules, func(rule sarifRule) bool { return rule.ID == c.ID })
	if i < 0 {
		i = len(*rules)
		*rules = append(*rules, sarifRule{ID: c.ID, Short: sarifText{plain.Line(c.Title)}, Configuration: map[string]any{"level": sarifLevel(c.Severity)},
			Properties: map[string]any{"security-severity": sarifScore(c.Severity), "tags": []string{"security", "dicom"}}})
	}
	if help := strings.TrimSpace(c.Remedy + "\n\n" + strings.Join(c.References, "\n")); help != "" && (*rules)[i].Help == nil && c.Remedy != "" {
		(*rules)[i].Help = &sarifText{plain.Text(help)}
	}
	result := sarifResult{RuleID: c.ID, RuleIndex: i, Kind: "fail", Level: sarifLevel(c.Severity), Message: sarifText{plain.Line(cmp.Or(c.Evidence, c.Title))},
		Locations: at(f, c.Port), Fingerprints: map[string]string{"leadglass/1": findingID(f, c)},
		Properties: map[string]any{"verdict": f.Verdict, "severity": c.Severity}}
	switch c.State {
	case survey.Pass:
		result.Kind, result.Level = "pass", "none"
	case survey.Unknown:
		result.Kind, result.Level = "open", "none" // the tool could not determine it (3.27.9)
	}
	if p := serviceOf(f, c.Port).product; p.String() != "" {
		result.Properties["product"], result.Properties["product_confidence"] = plain.Line(p.Name), p.Confidence
	}
	r.Results = append(r.Results, result)
}

func sarifLevel(s survey.Severity) string {
	switch s {
	case survey.Critical, survey.High:
		return "error"
	case survey.Medium:
		return "warning"
	}
	return "note"
}

// sarifScore puts a severity into the ranges of GitHub's code scanning.
func sarifScore(s survey.Severity) string {
	switch s {
	case survey.Critical:
		return "9.5"
	case survey.High:
		return "8.0"
	case survey.Medium:
		return "5.5"
	case survey.Low:
		return "3.0"
	}
	return "0.0"
}
