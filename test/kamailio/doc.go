// Package kamailio starts Debian's Kamailio with examples/kamailio.cfg, for the
// test that calls which it carries are charged by Sibai as docs/kamailio.md says.
package kamailio
