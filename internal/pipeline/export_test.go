package pipeline

import "leadglass/internal/survey"

// FewDates is fewDates.
func FewDates(c *survey.Counts) (string, bool) { return fewDates(c) }
