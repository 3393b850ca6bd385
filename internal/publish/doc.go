// Package publish holds what all who publish share: which numbers of archives
// are withheld, numbers with their quality, sums that stay honest about it, and
// the files of an edition. It knows neither surveys' records nor what a
// document says of them: package report makes documents of one survey, package
// compare of several.
package publish
