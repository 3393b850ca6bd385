package contacts

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Write writes the recipients as a recipients file, version 1. Remarks stand
// as comments above the entry.
func Write(w io.Writer, recipients []Recipient) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "version: 1\nrecipients:")
	for i := range recipients {
		writeRecipient(b, &recipients[i])
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("writing recipients: %w", err)
	}
	return nil
}

func writeRecipient(w io.Writer, r *Recipient) {
	for _, remark := range r.Remarks {
		fmt.Fprintln(w, "  #", strings.Join(strings.Fields(remark), " ")) // one line, whatever a file is called
	}
	fmt.Fprintln(w, "  - organisation:", scalar(r.Organisation))
	for _, field := range []struct{ key, value string }{
		{"email", r.Email}, {"language", r.Language}, {"channel", r.Channel},
	} {
		if field.value != "" {
			fmt.Fprintf(w, "    %s: %s\n", field.key, scalar(field.value))
		}
	}
	flow(w, "    countries: ", r.Countries, "\n")
	flow(w, "    prefixes: ", words(r.Prefixes), "\n")
	flow(w, "    asns: ", words(r.ASNs), "\n")
	flow(w, "    sites: ", r.Sites, "\n")
	switch {
	case len(r.OpenPGP) > 0 && len(r.Age) > 0:
		flow(w, "    keys: {openpgp: ", r.OpenPGP, "")
		flow(w, ", age: ", r.Age, "}\n")
	case len(r.OpenPGP) > 0:
		flow(w, "    keys: {openpgp: ", r.OpenPGP, "}\n")
	case len(r.Age) > 0:
		flow(w, "    keys: {age: ", r.Age, "}\n")
	}
}

// flow writes a list on one line, nothing for an empty one.
func flow(w io.Writer, before string, list []string, after string) {
	if len(list) == 0 {
		return
	}
	quoted := make([]string, len(list))
	for i, v := range list {
		quoted[i] = scalar(v)
	}
	fmt.Fprintf(w, "%s[%s]%s", before, strings.Join(quoted, ", "), after)
}

func words[T any](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = fmt.Sprint(v)
	}
	return out
}

// bare is what needs no quotes in YAML, in a list either.
var bare = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9._@/-]*( [A-Za-z0-9._@/-]+)*|[1-9][0-9]*|[0-9]+(\.[0-9]+){3}/[0-9]+)$`)

// scalar is s as a YAML scalar: quoted as JSON quotes, which YAML reads alike,
// unless it is plain beyond doubt.
func scalar(s string) string {
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null": // as some readers have them
	default:
		if bare.MatchString(s) {
			return s
		}
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string is always encoded
	return strings.TrimSuffix(b.String(), "\n")
}
