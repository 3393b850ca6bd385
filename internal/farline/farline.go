// Package farline puts a distance between two network namespaces of one
// machine: a line that holds each packet for a time before it hands it over, as
// netem does in kernels that have it. It answers one question: how does our
// code fare where answers take long?
//
// It is test support: only _test files import it, on Linux, with the rights to
// make network interfaces.
package farline
