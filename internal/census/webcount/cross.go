package webcount

import (
	"fmt"

	"leadglass/internal/survey"
)

// CrossCheck puts together what the C-FIND census counted and what a
// number-only route of the same host says. Numbers that agree confirm each
// other: what C-FIND could only bound or estimate is exact then. Where they
// disagree, an exact count by C-FIND is kept, because it is what an unauthenticated caller is
// shown study by study, and the reason names the other number; of everything
// less, the number-only route is used, unless C-FIND has seen more.
func CrossCheck(find, numbers survey.Counts) survey.Counts {
	linked, linkedOK := find.ImagesLinked.Int()
	reachable, reachableOK := find.ImagesAccessible.Int()
	counts := find
	counts.Studies = cross(find.Studies, numbers.Studies)
	counts.ImagesLinked = cross(find.ImagesLinked, numbers.ImagesLinked)
	if find.Patients.Quality == survey.UnknownQuality {
		counts.Patients = numbers.Patients
	} else {
		counts.Patients = cross(find.Patients, numbers.Patients)
	}
	switch {
	case find.ImagesAccessible.Quality == survey.UnknownQuality && find.ImagesLinked.Quality == survey.UnknownQuality:
		counts.ImagesAccessible = numbers.ImagesAccessible
	case linkedOK && reachableOK && reachable == linked && counts.ImagesLinked.Quality == survey.Exact && linked > 0:
		counts.ImagesAccessible = counts.ImagesLinked // all that was seen is at hand
		if n, _ := counts.ImagesLinked.Int(); n != linked {
			counts.ImagesAccessible = find.ImagesAccessible // nothing is known of the rest
		}
	}
	return counts
}

// cross puts two counts of the same thing together.
func cross(find, numbers survey.Count) survey.Count {
	seen, foundAny := find.Int()
	stated, statedAny := numbers.Int()
	switch {
	case !statedAny:
		return find
	case !foundAny:
		return numbers
	case seen == stated && find.Quality == survey.Exact:
		find.Reason = numbers.Source + " says the same"
		return find
	case seen == stated:
		c := survey.ExactCount(seen, find.Source)
		c.Reason = fmt.Sprintf("%s says the same; by itself C-FIND could not prove it: %s", numbers.Source, find.Reason)
		return c
	case find.Quality == survey.Exact:
		find.Reason = fmt.Sprintf("%s says %d; the number is that of C-FIND, which lists what an unauthenticated caller gets: the archive changed meanwhile, or one of the two shows a part, or they lead to different archives",
			numbers.Source, stated)
		return find
	case find.Quality == survey.LowerBound && seen > stated:
		find.Reason = fmt.Sprintf("%s; %s says %d, less than C-FIND has listed", find.Reason, numbers.Source, stated)
		return find
	}
	numbers.Reason = fmt.Sprintf("C-FIND gives %s (%s); the number is that of %s", find, find.Reason, numbers.Source)
	return numbers
}
