package survey

// Publication says that a document of the public edition was made of a survey.
type Publication struct {
	SurveyID string
	// MinCount is the least number of archives behind a cell that is not
	// withheld; 1 means that nothing is.
	MinCount int64
}
