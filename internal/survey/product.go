package survey

import "slices"

// Known reports whether the product is more than a guess: certain or likely.
func (p Product) Known() bool {
	return p.Name != "" && (p.Confidence == Certain || p.Confidence == Likely)
}

// Guess is the name of the product, however sure it is; empty where none is known.
func (p Product) Guess() string {
	if p.Confidence == UnknownConf || p.Confidence == "" {
		return ""
	}
	return p.Name
}

// ProductOf returns the surest product of the services: that on a port before all
// others, and of two that are as sure the first. port is 0 where none comes before
// the others. It is the zero Product where none is known.
func ProductOf(services []Service, port uint16) Product {
	var best Product
	found := -1
	for i := range services {
		p := &services[i].Product
		rank := slices.Index([]Confidence{Possible, Likely, Certain}, p.Confidence)
		if rank < 0 || p.Name == "" {
			continue
		}
		if port != 0 && services[i].Port == port {
			rank += 3 // above every other
		}
		if rank > found {
			best, found = *p, rank
		}
	}
	return best
}

// String is the product with its version and, unless it is certain, how sure
// that is: "Our archive 1.12.4", "Our archive (possible)". It is empty for a product
// without a name, or of which nothing is known.
func (p Product) String() string {
	if p.Name == "" || p.Confidence == UnknownConf {
		return ""
	}
	name := p.Name
	if p.Version != nil {
		name += " " + *p.Version
	}
	return name + p.Confidence.remark()
}

// Known reports whether the toolkit is more than a guess.
func (t Toolkit) Known() bool {
	return t.Name != "" && t.Confidence != Possible && t.Confidence != UnknownConf
}

// String is the toolkit with its version and, unless it is certain, how sure
// that is; empty for a toolkit without a name.
func (t Toolkit) String() string {
	if t.Name == "" {
		return ""
	}
	name := t.Name
	if t.Version != "" {
		name += " " + t.Version
	}
	return name + t.Confidence.remark()
}

// remark is the confidence behind a name; nothing where it is certain, or was
// not kept.
func (c Confidence) remark() string {
	if c == Certain || c == "" {
		return ""
	}
	return " (" + string(c) + ")"
}
