// SPDX-License-Identifier: Apache-2.0
/**
 * Other hosts by the machine's OpenSSH: runs a command there, or opens a subsystem, so that what works in a terminal
 * (configuration, jump hosts, agents, certificates, hardware keys) works here. It never asks on a terminal, and never
 * takes a host key that it does not know.
 */
package org.tidemark.ssh;
