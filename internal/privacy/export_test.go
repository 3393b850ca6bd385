package privacy

// FormOf is one form for the tests.
type FormOf struct {
	Class   Class
	Layouts []string
	Chance  float64
	Matches func(v []byte) (written, valid bool)
}

// Forms lists the forms.
func Forms() []FormOf {
	var out []FormOf
	for i := range forms {
		f := &forms[i]
		out = append(out, FormOf{f.class, f.layouts, f.chance, f.matches})
	}
	return out
}
