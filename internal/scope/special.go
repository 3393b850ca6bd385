package scope

import (
	"fmt"
	"strings"

	"leadglass/internal/survey"
)

// excludeSpecial excludes the special-purpose prefixes that an include entry
// holds among others, and says so: who includes a larger prefix hardly means
// them. They are swept only where an include entry lies within.
func (d *draft) excludeSpecial() {
	for _, e := range d.include {
		if e.prefix.Addr().BitLen()-e.prefix.Bits() > maxEnumeratedBits && e.prefix.Addr().Is6() {
			continue // it is not swept: its hosts are named one by one
		}
		var within []string
		for _, s := range survey.SpecialPurposes() {
			if s.NoHost == "" && e.prefix.Bits() < s.Prefix.Bits() && e.prefix.Contains(s.Prefix.Addr()) {
				d.scope.lists.special.add(rangeOf(s.Prefix))
				within = append(within, s.Prefix.String())
			}
		}
		if len(within) > 0 {
			d.scope.Warnings = append(d.scope.Warnings, fmt.Sprintf(
				"%s:%d:%d: of %s, addresses for special purposes are left out: %s; include by themselves what is meant",
				d.file, e.at.line, e.at.column, e, strings.Join(within, ", ")))
		}
	}
}
